"""Arguments and options that several commands share, described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Post = Annotated[
    Path | None, typer.Argument(help="A Markdown file. Left out: the newest issue of posts/.", exists=True)
]
Posts = Annotated[list[Path], typer.Argument(help="Markdown files or folders of them.", exists=True)]
To = Annotated[list[str] | None, typer.Option("--to", help="A destination of config.yaml; may be given again.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Strict = Annotated[bool, typer.Option("--strict", help="A picture that can't be read is an error.")]
