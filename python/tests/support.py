"""A folder of its own for each class of tests, with what the program leaves in it."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import unittest
from pathlib import Path
from typing import Any, Callable, ClassVar

SPEC = """
data = { corpus = "tale.txt", level = "char", batch_size = 4, sequence_length = 8, valid_fraction = 0.2, test_fraction = 0.2 }
model = { architecture = "gru", hidden_size = 6 }
training.epochs = 2
"""


class InAFolder(unittest.TestCase):
    """Tests that work in an empty folder but for a text and a spec."""

    folder: ClassVar[Path]

    @classmethod
    def setUpClass(cls) -> None:
        place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(place.cleanup)
        cls.addClassCleanup(os.chdir, os.getcwd())
        os.chdir(place.name)
        cls.folder = Path(place.name)
        (cls.folder / "tale.txt").write_text("the cat sat on the mat, and the dog sat by. " * 30)
        (cls.folder / "tiny.toml").write_text(SPEC)


def needs(*packages: str) -> Callable[[Any], Any]:
    """Skips where one of some packages is absent."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    return unittest.skipIf(bool(missing), f"there is no {', '.join(missing)}")
