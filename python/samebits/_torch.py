"""Trained models in torch.nn."""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ._need import need
from ._program import StrPath, ask

if TYPE_CHECKING:
    from torch import nn


def load(run: StrPath) -> nn.Module:
    """A trained model, in evaluation mode: a class of torch.nn with the weights of the best row.

    `run` is the folder of a trial, or of an experiment, whose best trial is then taken. The class is the
    one that `runner export --to pytorch` writes, which the program must be able to: the texts that were
    trained on must be there. Where the task has tokens, the model's `vocabulary` lists them by id.
    """
    need("load", "torch", "torch", "safetensors")
    with tempfile.TemporaryDirectory(prefix="samebits-") as name:
        folder = Path(name)
        ask(["export", "--to=pytorch", f"--out={folder}", "--", os.fspath(run)])
        return _model(folder)


def _model(folder: Path) -> nn.Module:
    """The model of an exported folder."""
    file = folder / "model.py"
    spec = importlib.util.spec_from_file_location("samebits_model", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"Python cannot import {file}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = cast("nn.Module", module.model)
    vocabulary = folder / "vocabulary.json"
    if vocabulary.is_file():
        setattr(model, "vocabulary", json.loads(vocabulary.read_text(encoding="utf-8")))
    return model
