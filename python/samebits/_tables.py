"""Tables that the program writes, as pandas has them."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._need import need
from ._program import StrPath

if TYPE_CHECKING:
    import pandas as pd

# Words stay words, whatever they look like: eight hexadecimal digits may look like a number. A figure is
# a number even where all of them are whole.
_WORDS = ("experiment", "trial", "status", "metric", "text", "vocabulary", "tags", "why")
_WHOLE = ("epoch", "step", "tokens", "seed", "best_epoch", "best_step")
_KINDS: dict[str, Sequence[type]] = {**dict.fromkeys(_WORDS, ()), **dict.fromkeys(_WHOLE, (int,))}
_FIGURE = (float,)
_SWEPT = (bool, int, float)
_TRUTHS = {"true": True, "false": False}


def trials(path: StrPath = "results") -> pd.DataFrame:
    """A row a trial: the experiment, the trial's name and folder, its seed, the swept keys, figures.

    `path` is a folder of results or that of one experiment. The figures are those of `summary.csv`,
    which stands there when an experiment has ended.
    """
    need("trials", "pandas", "pandas")
    import pandas as pd

    place = Path(path)
    own = place / "summary.csv"
    summaries = [own] if own.is_file() else sorted(place.glob("*/summary.csv"))
    if not summaries:
        raise FileNotFoundError(
            f"there is no summary.csv in {place} or in a folder of it: "
            "give a folder of results, or that of an experiment; `runner SPEC` makes them"
        )
    return pd.concat([_summary(file) for file in summaries], ignore_index=True)


def metrics(run: StrPath) -> pd.DataFrame:
    """A row an evaluation, as `metrics.csv` has them: epoch, step, losses, the task's figures.

    `run` is the folder of a trial, or of an experiment that has only one.
    """
    need("metrics", "pandas", "pandas")
    return _frame(_only_trial(Path(run)) / "metrics.csv")


def _only_trial(run: Path) -> Path:
    if (run / "metrics.csv").is_file():
        return run
    found = sorted(file.parent for file in run.glob("*/metrics.csv"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise FileNotFoundError(
            f"there is no metrics.csv in {run}: give the folder of a trial; `runner SPEC` makes it"
        )
    names = ", ".join(folder.name for folder in found[:3])
    raise ValueError(f"{run} has {len(found)} trials: give the folder of one ({names} …)")


def _summary(file: Path) -> pd.DataFrame:
    frame = _frame(file)
    folders = [os.fspath(file.parent / name) for name in frame["trial"]]
    frame.insert(0, "experiment", file.parent.resolve().name)
    frame.insert(2, "folder", folders)
    return frame


def _frame(file: Path) -> pd.DataFrame:
    """A table with whole numbers, numbers and words as such. A cell that is empty is missing."""
    import pandas as pd

    with open(file, encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, strict=True))
    if not rows:
        raise ValueError(f"{file} is empty: run its spec again")
    header, *rows = rows
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ValueError(f"row {line} of {file} has {len(row)} cells instead of {len(header)}")
    swept = header[header.index("seed") + 1 : header.index("status")] if "status" in header else []
    columns = {}
    for place, name in enumerate(header):
        cells = [_plain(row[place]) or None for row in rows]
        columns[name] = _column(cells, _SWEPT if name in swept else _KINDS.get(name, _FIGURE))
    return pd.DataFrame(columns)


def _plain(cell: str) -> str:
    """A cell as it was before an apostrophe kept spreadsheets from running it."""
    begins_a_formula = cell.lstrip("'")[:1] in tuple("=+-@\t\r")
    return cell[1:] if cell.startswith("'") and begins_a_formula else cell


def _column(cells: list[str | None], kinds: Sequence[type]) -> pd.Series[Any]:
    """A column of the first kind that holds every cell, else of words."""
    import pandas as pd

    missing = None in cells
    for kind in kinds:
        values = _all(kind, cells)
        if values is None:
            continue
        if kind is float:
            return pd.Series(values, dtype="float64")
        # Only such types have missing values. A seed may be as large as a u64.
        if kind is bool:
            return pd.Series(values, dtype="boolean" if missing else "bool")
        if any(value is not None and value >= 2**63 for value in values):
            return pd.Series(values, dtype="UInt64" if missing else "uint64")
        return pd.Series(values, dtype="Int64" if missing else "int64")
    return pd.Series(cells, dtype="object")


def _all(kind: type, cells: list[str | None]) -> list[Any] | None:
    """The cells read as a kind; `None` if one is something else."""
    read = _TRUTHS.__getitem__ if kind is bool else kind
    # Python reads 1_000 as a number, the program does not.
    if any(cell is not None and "_" in cell for cell in cells):
        return None
    try:
        return [None if cell is None else read(cell) for cell in cells]
    except (KeyError, ValueError):
        return None
