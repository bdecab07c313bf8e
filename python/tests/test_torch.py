"""Trained models in torch.nn."""

from __future__ import annotations

import json
import unittest
from pathlib import Path

import samebits
from samebits._program import ask
from support import InAFolder, needs

TASKS = [
    "language_model",
    "classification",
    "regression",
    "tagging",
    "translation",
    "autoencoder",
    "skip_gram",
]


@needs("torch", "safetensors")
class Models(InAFolder):
    def test_every_task_has_its_weights(self) -> None:
        import torch
        from safetensors.torch import load_file

        for task in TASKS:
            with self.subTest(task=task):
                ask(["init", task, f"{task}.toml"])
                folder = samebits.run(f"{task}.toml", set={"training.steps": 2, "training.evaluate_every": 1})
                model = samebits.load(folder)
                self.assertFalse(model.training)
                (weights,) = folder.glob("*/model.safetensors")
                state = model.state_dict()
                for name, tensor in load_file(weights).items():
                    self.assertTrue(torch.equal(tensor, state[name]), name)

    def test_a_language_model_has_the_recorded_perplexity(self) -> None:
        import torch
        from torch.nn import functional

        folder = samebits.run("tiny.toml", set={"data.eval_batch_size": 1})
        model = samebits.load(folder)
        (record,) = folder.glob("*/run.json")
        result = json.loads(record.read_text())["result"]
        vocabulary = list(getattr(model, "vocabulary"))
        text = Path("tale.txt").read_text()
        held_out = text[round(len(text) * 0.6) : round(len(text) * 0.8)]
        tokens = torch.tensor([vocabulary.index(letter) for letter in held_out])
        with torch.no_grad():
            logits, _ = model(tokens[:-1, None])
        loss = functional.cross_entropy(logits[:, 0], tokens[1:])
        self.assertAlmostEqual(loss.exp().item() / result["valid_perplexity"], 1.0, places=5)

    def test_what_is_no_run(self) -> None:
        with self.assertRaisesRegex(samebits.ProgramError, "nowhere"):
            samebits.load("nowhere")


if __name__ == "__main__":
    unittest.main()
