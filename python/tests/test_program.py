"""The program behind the module."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import unittest
from unittest import mock

import samebits
from samebits._program import ask, to_toml
from support import InAFolder


class Program(InAFolder):
    def test_python_minus_m_is_the_program(self) -> None:
        direct = subprocess.run([samebits.program(), "--version"], capture_output=True, check=True)
        module = subprocess.run(
            [sys.executable, "-m", "samebits", "--version"], capture_output=True, check=True
        )
        self.assertEqual(module.stdout, direct.stdout)
        wrong = subprocess.run(
            [sys.executable, "-m", "samebits", "none.toml"], capture_output=True, check=False
        )
        self.assertEqual(wrong.returncode, 2)

    def test_a_run_and_its_settings(self) -> None:
        folder = samebits.run("tiny.toml", set={"model.hidden_size": 5, "training.clip": {"norm": 1.0}})
        self.assertEqual(str(folder), os.path.join("results", "tiny"))
        (spec,) = folder.glob("*/spec.toml")
        said = spec.read_text()
        self.assertIn("hidden_size = 5\n", said)
        self.assertIn("norm = 1.0", said)

    def test_a_spec_named_like_a_command(self) -> None:
        (self.folder / "plan").mkdir()
        (self.folder / "plan" / "one.toml").write_text((self.folder / "tiny.toml").read_text())
        samebits.run("plan", set={"training.steps": 1, "training.evaluate_every": 1}, results="of_a_folder")
        self.assertTrue((self.folder / "of_a_folder" / "one").is_dir())

    def test_what_is_wrong_is_an_error_with_its_code(self) -> None:
        with self.assertRaises(samebits.ProgramError) as raised:
            samebits.run("tiny.toml", set={"model.hiden_size": 5})
        self.assertEqual(raised.exception.code, 2)
        self.assertIn("hidden_size", str(raised.exception))
        with self.assertRaises(samebits.ProgramError) as raised:
            ask(["sample", "none"])
        self.assertIn("none", str(raised.exception))

    def test_without_a_program_the_error_says_what_to_do(self) -> None:
        with mock.patch("importlib.metadata.files", return_value=[]), mock.patch.dict(os.environ, PATH=""):
            with self.assertRaisesRegex(FileNotFoundError, "cargo install samebits"):
                samebits.program()

    def test_values_read_back_as_they_were(self) -> None:
        values = [
            True,
            False,
            -3,
            0.1,
            1e-30,
            math.inf,
            -math.inf,
            "plain",
            'a "b"\n\\ \x7f ü 😀',
            [1, [2.5]],
        ]
        for value in [*values, {"norm": 5.0, "odd key": ["a"]}]:
            with self.subTest(value=value):
                self.assertEqual(parsed(to_toml(value)), value)
        with self.assertRaisesRegex(TypeError, "a spec has no values like None"):
            to_toml(None)


def parsed(text: str) -> object:
    if sys.version_info < (3, 11):
        raise unittest.SkipTest("Python reads TOML from 3.11 on")
    import tomllib

    return tomllib.loads(f"value = {text}")["value"]


if __name__ == "__main__":
    unittest.main()
