"""Packages that not everyone needs."""

from __future__ import annotations

import importlib.util


def need(function: str, extra: str, *packages: str) -> None:
    """Makes sure that packages are there, which the wheel lists under `extra`."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise ImportError(
            f"samebits.{function} needs {' and '.join(missing)}: pip install 'samebits[{extra}]'",
            name=missing[0],
        )
