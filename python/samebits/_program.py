"""The program, and what it is asked."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Union

StrPath = Union[str, "os.PathLike[str]"]


class ProgramError(RuntimeError):
    """The program ended with another exit code than 0. Its message is this error's.

    Of the codes 2 is a bad spec or bad usage, 3 a trial that failed, 130 an interruption.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message or f"runner ended with exit code {code}")
        self.code = code


def program() -> str:
    """The path of the program: that of this wheel, else the `runner` on the `PATH`."""
    try:
        files = metadata.files("samebits") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if file.name in ("runner", "runner.exe") and path.is_file():
            return str(path.resolve())
    found = shutil.which("runner")
    if found is None:
        raise FileNotFoundError(
            "there is no program `runner`, neither of the wheel nor on the PATH: "
            "`pip install --force-reinstall samebits`, or `cargo install samebits`"
        )
    return found


def run(
    spec: StrPath,
    *,
    set: Mapping[str, object] | None = None,
    results: StrPath = "results",
    options: Sequence[str] = (),
) -> Path:
    """Trains what a spec describes, or goes on with it, and returns the folder of its results.

    `set` has keys of the spec with other values, as `{"model.hidden_size": 64}`; `options` are further
    ones of the command line, as `["--jobs", "2"]`. Progress goes to standard error, line by line.
    """
    settings = [f"--set={key}={to_toml(value)}" for key, value in (set or {}).items()]
    # With a folder before it a name is that of no command.
    _follow([os.path.join(".", spec), f"--results={os.fspath(results)}", *settings, *options])
    return Path(results) / Path(spec).stem


def ask(arguments: Sequence[str]) -> str:
    """What the program answers, on standard output."""
    ended = subprocess.run([program(), *arguments], capture_output=True, encoding="utf-8", check=False)
    if ended.returncode != 0:
        raise ProgramError(ended.returncode, ended.stderr.strip())
    return ended.stdout


def _follow(arguments: Sequence[str]) -> None:
    """Runs the program and passes on what it says while it does, to a notebook too."""
    command = [program(), *arguments]
    last: deque[str] = deque(maxlen=50)
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace"
    ) as process:
        try:
            for line in process.stderr or ():
                print(line, end="", file=sys.stderr)
                last.append(line)
        except KeyboardInterrupt:
            process.communicate()  # The program has been told too, and ends when its state is saved.
            raise
    if process.returncode != 0:
        raise ProgramError(process.returncode, "".join(last).strip())


def to_toml(value: object) -> str:
    """A value of Python as TOML writes it."""
    if isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{to_toml(str(key))} = {to_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    raise TypeError(f"a spec has no values like {value!r}: give a number, text, list or mapping")
