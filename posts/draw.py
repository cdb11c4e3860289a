"""Draws the pictures of the issues in this folder: `python posts/draw.py` writes all of them to posts/imgs/.

Labels are Latin and in Pillow's built-in font, so that the pictures come out the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 675)
SCALE = 2  # drawn at twice the size and reduced: Pillow's lines have hard edges
INK, SOFT, GRID, PAPER = "#1f2933", "#6b7785", "#dde3ea", "#fbfcfe"
BLUE, GREEN, ORANGE, PURPLE, ROSE = "#3b74c9", "#2f9e77", "#e08a3c", "#7d62c4", "#d0587e"
Point = tuple[float, float]


class Sheet:
    """A picture in the making; all measures are pixels of the finished one."""

    def __init__(self, title: str, note: str = "") -> None:
        self.image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), PAPER)
        self.draw = ImageDraw.Draw(self.image)
        self.box((0, 0), (12, SIZE[1]), BLUE, radius=0)
        self.text((60, 62), title, 36, INK, "lm")
        self.text((60, 108), note, 22, SOFT, "lm")

    def text(self, at: Point, words: str, size: int = 24, colour: str = INK, anchor: str = "mm") -> None:
        font = ImageFont.load_default(size * SCALE)
        self.draw.text((at[0] * SCALE, at[1] * SCALE), words, colour, font, anchor)

    def box(self, a: Point, b: Point, colour: str, *, radius: int = 14, outline: str | None = None) -> None:
        corners = (a[0] * SCALE, a[1] * SCALE, b[0] * SCALE, b[1] * SCALE)
        self.draw.rounded_rectangle(corners, radius * SCALE, colour, outline, 3 * SCALE if outline else 0)

    def line(self, points: Sequence[Point], colour: str, width: int = 3) -> None:
        self.draw.line([(x * SCALE, y * SCALE) for x, y in points], colour, width * SCALE, "curve")

    def arrow(self, a: Point, b: Point, colour: str = SOFT) -> None:
        """A straight arrow, level or upright."""
        self.line((a, b), colour, 4)
        length = max(abs(b[0] - a[0]), abs(b[1] - a[1]))
        dx, dy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
        tail = (b[0] - 16 * dx, b[1] - 16 * dy)
        wings = [(tail[0] - 10 * dy, tail[1] + 10 * dx), (tail[0] + 10 * dy, tail[1] - 10 * dx)]
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in [b, *wings]], colour)

    def node(self, centre: Point, words: str, colour: str, size: Point = (210, 90)) -> None:
        """A rounded box with up to three lines of text."""
        x, y = centre
        self.box((x - size[0] / 2, y - size[1] / 2), (x + size[0] / 2, y + size[1] / 2), colour)
        lines = words.split("\n")
        for place, line in enumerate(lines):
            size_ = 24 if place == 0 else 19
            self.text((x, y + (place - (len(lines) - 1) / 2) * 28), line, size_, "#ffffff")

    def save(self, path: Path) -> None:
        small = self.image.resize(SIZE, Image.Resampling.LANCZOS)
        small.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


def bars(sheet: Sheet, values: Sequence[tuple[str, float, str]], colours: Sequence[str], top: float) -> None:
    """A bar for each (label, value, words above it); `top` is the value at the upper edge of the chart."""
    left, right, upper, floor = 90, 1140, 175, 570
    for step in range(5):
        y = floor - (floor - upper) * step / 4
        sheet.line(((left, y), (right, y)), GRID, 2)
    width = (right - left) / len(values)
    for place, (label, value, words) in enumerate(values):
        x = left + width * (place + 0.5)
        y = floor - (floor - upper) * value / top
        sheet.box((x - width * 0.27, y), (x + width * 0.27, floor), colours[place % len(colours)], radius=6)
        sheet.text((x, y - 22), words, 26)
        for row, line in enumerate(label.split("\n")):
            sheet.text((x, floor + 30 + 28 * row), line, 22 if row == 0 else 19, INK if row == 0 else SOFT)


def elo() -> Sheet:
    """The expected score of the Elo model; pure arithmetic."""
    sheet = Sheet("Elo: rating gap and expected win rate", "E = 1 / (1 + 10 ^ (-gap / 400))")
    left, right, upper, floor = 130, 1120, 170, 570

    def at(gap: float) -> Point:
        share = 1 / (1 + 10 ** (-gap / 400))
        return left + (right - left) * (gap + 400) / 800, floor - (floor - upper) * share

    for percent in (0, 25, 50, 75, 100):
        y = floor - (floor - upper) * percent / 100
        sheet.line(((left, y), (right, y)), GRID, 2)
        sheet.text((left - 16, y), f"{percent}%", 20, SOFT, "rm")
    for gap in range(-400, 401, 100):
        sheet.text((at(gap)[0], floor + 28), f"{gap:+d}" if gap else "0", 20, SOFT)
    sheet.text(((left + right) / 2, floor + 66), "rating gap", 22, SOFT)
    sheet.line([at(gap) for gap in range(-400, 401, 4)], BLUE, 6)
    for gap, words in ((0, "even: 50%"), (100, "+100: 64%"), (300, "+300: 85%")):
        x, y = at(gap)
        sheet.draw.ellipse([(v + d) * SCALE for d in (-10, 10) for v in (x, y)], ORANGE)
        sheet.text((x + 18, y + 26), words, 24, INK, "lm")
    return sheet


def transformer() -> Sheet:
    sheet = Sheet("Transformer, base model", "6 + 6 layers, width 512, 8 heads, feed-forward 2048")
    for x, parts in (
        (330, ("Embedding + position", "Self-attention", "Feed-forward")),
        (870, ("Embedding + position", "Masked self-attention", "Cross-attention")),
    ):
        encoder = x == 330
        sheet.box((x - 200, 215 if encoder else 145), (x + 200, 520), "#eef3fa", outline=GRID)
        sheet.node((x, 590), parts[0], SOFT, (330, 64))
        sheet.node((x, 465), parts[1], BLUE, (330, 64))
        sheet.arrow((x, 556), (x, 500))
        sheet.arrow((x, 431), (x, 410 if encoder else 390))
        sheet.node((x, 376 if encoder else 356), parts[2], GREEN if encoder else ORANGE, (330, 64))
    sheet.text((330, 265), "encoder layer  x 6", 26, SOFT)
    sheet.arrow((870, 322), (870, 282))
    sheet.node((870, 248), "Feed-forward", GREEN, (330, 64))
    sheet.text((870, 180), "decoder layer  x 6", 26, SOFT)
    sheet.line(((530, 376), (590, 376), (590, 356), (660, 356)), ORANGE, 4)
    sheet.arrow((640, 356), (705, 356), ORANGE)
    sheet.text((600, 328), "keys, values", 20, SOFT)
    sheet.text((330, 645), "source sentence", 20, SOFT)
    sheet.text((870, 645), "target sentence, shifted", 20, SOFT)
    return sheet


def nanogpt() -> Sheet:
    sheet = Sheet("nanoGPT: three scripts from text to text", "each step is one file that fits on a few screens")
    steps = (
        (170, "prepare.py\ntext to tokens", SOFT),
        (450, "train.bin\nval.bin", PURPLE),
        (740, "train.py\nmodel.py", BLUE),
        (1030, "sample.py\nnew text", GREEN),
    )
    for x, words, colour in steps:
        sheet.node((x, 320), words, colour, (210, 120))
    for a, b in ((275, 340), (555, 630), (845, 920)):
        sheet.arrow((a, 320), (b, 320))
    sheet.text((882, 290), "ckpt.pt", 20, SOFT)
    sheet.line(((740, 380), (740, 500)), GRID, 3)
    for place, words in enumerate(("loss on val.bin", "save when it falls", "resume or fine-tune")):
        sheet.box((390 + 245 * place, 500), (615 + 245 * place, 560), "#eef3fa", outline=GRID)
        sheet.text((502 + 245 * place, 530), words, 20)
    return sheet


def lora() -> Sheet:
    sheet = Sheet("LoRA: what is left to train", "share of one 4096 x 4096 matrix, by rank r: 2 x 4096 x r / 4096^2")
    values = [
        (f"r = {r}\n{2 * 4096 * r:,} weights", 200 * r / 4096, f"{200 * r / 4096:.2f}%") for r in (4, 8, 16, 32, 64)
    ]
    bars(sheet, values, (BLUE, BLUE, BLUE, PURPLE, ORANGE), 4)
    return sheet


def benchmark() -> Sheet:
    sheet = Sheet("How much of a benchmark score is noise", "95% margin at 80% correct: 1.96 x sqrt(0.8 x 0.2 / n)")
    sets = (("HumanEval", 164), ("GSM8K test", 1319), ("MATH test", 5000), ("MMLU test", 14042))
    values = []
    for name, count in sets:
        margin = 196 * sqrt(0.8 * 0.2 / count)
        values.append((f"{name}\n{count:,} questions", margin, f"±{margin:.1f} points"))
    bars(sheet, values, (ROSE, ORANGE, BLUE, GREEN), 8)
    return sheet


def chinchilla() -> Sheet:
    sheet = Sheet("Training tokens for each parameter", "Hoffmann et al. 2022: about 20 is best for a given budget")
    models = (("GPT-3", 175, 300), ("Gopher", 280, 300), ("Chinchilla", 70, 1400))
    values = [
        (f"{name}\n{size}B weights, {seen}B tokens", seen / size, f"{seen / size:.1f}") for name, size, seen in models
    ]
    bars(sheet, values, (SOFT, ORANGE, BLUE), 24)
    return sheet


def llamacpp() -> Sheet:
    sheet = Sheet(
        "llama.cpp: from a checkpoint to a chat", "size of 7 billion weights by bits for each; real files add a little"
    )
    steps = (
        (190, "checkpoint\nsafetensors", SOFT),
        (480, "convert\nto GGUF", PURPLE),
        (770, "quantize\n16 to 4 bits", ORANGE),
    )
    for x, words, colour in steps:
        sheet.node((x, 330), words, colour, (210, 110))
    sheet.node((1040, 240), "llama-cli\nterminal", BLUE, (210, 100))
    sheet.node((1040, 420), "llama-server\nHTTP API", GREEN, (210, 100))
    sheet.arrow((295, 330), (373, 330))
    sheet.arrow((585, 330), (663, 330))
    sheet.line(((875, 330), (905, 330)), SOFT, 4)
    sheet.line(((905, 240), (905, 420)), SOFT, 4)
    sheet.arrow((905, 240), (934, 240))
    sheet.arrow((905, 420), (934, 420))
    for place, (bits, size) in enumerate(((16, 14.0), (8, 7.0), (4, 3.5))):
        y = 530 + 40 * place
        sheet.text((170, y), f"{bits} bits", 20, SOFT, "rm")
        sheet.box((190, y - 12), (190 + size * 50, y + 12), (SOFT, PURPLE, ORANGE)[place], radius=5)
        sheet.text((202 + size * 50, y), f"{size:g} GB", 20, INK, "lm")
    return sheet


def rag() -> Sheet:
    sheet = Sheet("Retrieval-augmented generation", "look it up first, then answer with the pages in view")
    sheet.node((170, 270), "Question", SOFT, (190, 96))
    sheet.node((450, 270), "Encoder\nquestion to vector", BLUE, (220, 96))
    sheet.node((750, 270), "Search\nnearest passages", PURPLE, (220, 96))
    sheet.node((1030, 270), "Generator\nanswer", GREEN, (200, 96))
    sheet.node((750, 500), "Index\npassages as vectors", ORANGE, (250, 96))
    sheet.arrow((265, 270), (338, 270))
    sheet.arrow((560, 270), (638, 270))
    sheet.arrow((860, 270), (928, 270))
    sheet.arrow((750, 452), (750, 320))
    sheet.text((894, 240), "top k", 20, SOFT)
    sheet.line(((170, 222), (170, 180), (1030, 180)), GRID, 4)
    sheet.arrow((1030, 180), (1030, 220), GRID)
    sheet.text((600, 158), "the question itself goes along", 20, SOFT)
    return sheet


def flash() -> Sheet:
    sheet = Sheet("Why FlashAttention counts memory traffic", "A100: bandwidth as given in the paper, TB/s")
    bars(
        sheet,
        [("HBM\n40 GB beside the chip", 1.5, "1.5"), ("SRAM\n192 KB in each of 108 units", 19, "19")],
        (ROSE, GREEN),
        22,
    )
    return sheet


PICTURES: dict[str, Callable[[], Sheet]] = {
    "22-elo.png": elo,
    "22-transformer.png": transformer,
    "22-nanogpt.png": nanogpt,
    "22-lora.png": lora,
    "23-benchmark.png": benchmark,
    "23-chinchilla.png": chinchilla,
    "23-llamacpp.png": llamacpp,
    "23-rag.png": rag,
    "23-flash.png": flash,
}

if __name__ == "__main__":
    folder = Path(__file__).parent / "imgs"
    folder.mkdir(exist_ok=True)
    for name, make in PICTURES.items():
        make().save(folder / name)
