"""The Python of docs/install.md, as it stands there."""

from __future__ import annotations

import importlib.util
import re
import unittest
from pathlib import Path
from typing import Any

from support import SPEC, InAFolder, needs

PAGE = Path(__file__).parents[2] / "docs" / "install.md"


@needs("pandas")
class Documented(InAFolder):
    def test_what_the_page_shows(self) -> None:
        (self.folder / "tiny.toml").write_text(SPEC.replace('"char"', '"word"'))
        blocks: list[str] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        self.assertEqual(len(blocks), 4)
        names: dict[str, Any] = {}
        for block in blocks:
            if "import torch" not in block or importlib.util.find_spec("torch"):
                exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102
        self.assertEqual(len(names["trials"]), 6)
        self.assertEqual(len(names["curves"]), 6 * 2)
        if "model" in names:
            self.assertEqual(tuple(names["logits"].shape), (2, 1, len(names["model"].vocabulary)))


if __name__ == "__main__":
    unittest.main()
