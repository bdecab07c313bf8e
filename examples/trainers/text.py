"""A text as numbers, cut into a training and a validation part."""

import pathlib

CONTEXT = 8


def windows():
    """Contexts of CONTEXT letters and the letter after each: of training, of validation."""
    path = pathlib.Path(__file__).parents[2] / "datasets/kafka/sample.txt"
    text = path.read_text(encoding="utf-8").lower()[:20_000]
    letters = sorted(set(text))
    ids = [letters.index(letter) for letter in text]
    pairs = [(ids[at : at + CONTEXT], ids[at + CONTEXT]) for at in range(len(ids) - CONTEXT)]
    cut = len(pairs) * 4 // 5
    return len(letters), pairs[:cut], pairs[cut:]
