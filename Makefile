# One command a task, the same at the desk and in CI. Each makes the environment it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help rehearse test check bench soak mutants lock clean

help: ## what there is
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

rehearse: $(VENV)/.run ## publish the newest issue to a local Telegram and a local Discord (ARGS=--once ends by itself)
	@$(BIN)/weektech rehearse $(ARGS)

test: $(VENV)/.dev ## all tests (ARGS="-k word" picks some)
	$(BIN)/python -m pytest -n auto $(ARGS)

check: $(VENV)/.dev ## lint, formatting, types
	$(BIN)/ruff check bots tests posts
	$(BIN)/ruff format --check bots tests posts
	$(BIN)/mypy

bench: $(VENV)/.dev ## speed, as ratios against a yardstick measured in the same run
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(VENV)/.dev ## the long runs: every fault at every send, thousands of simulated lives; the last line counts
	$(BIN)/python -m tests.soak $(ARGS)

mutants: $(VENV)/.dev ## small bugs, one at a time: the share that the tests notice (ARGS="bots.limiter*" picks some)
	$(BIN)/python -m tests.mutants $(ARGS)

lock: $(VENV)/.dev ## resolve the dependencies again
	$(BIN)/uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q -o requirements-dev.lock

clean: ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis mutants

# pip checks every file against the hashes in the lock; the project itself is then linked in without touching them.
$(VENV)/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("weektech needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what weektech needs into $(VENV) (once, about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
