"""Tables of a results folder."""

from __future__ import annotations

import csv
import math
import unittest
from pathlib import Path

import samebits
from support import InAFolder, needs


class WithoutPandas(unittest.TestCase):
    def test_the_error_says_what_to_install(self) -> None:
        from unittest import mock

        with mock.patch("importlib.util.find_spec", return_value=None):
            with self.assertRaisesRegex(ImportError, r"pip install 'samebits\[pandas\]'"):
                samebits.trials("results")
            with self.assertRaisesRegex(ImportError, r"pip install 'samebits\[torch\]'"):
                samebits.load("results")


@needs("pandas")
class OfAProgram(InAFolder):
    """What the program has written."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        grid = {
            "model.tied": [False],
            "training.clip": ["none", {"norm": 1.0}],
            "training.learning_rate": [0.01, 1.0],
        }
        samebits.run("tiny.toml", set={"sweep.seeds": 2, "sweep.grid": grid}, results="swept")
        samebits.run("tiny.toml", results="swept/more")
        samebits.run("tiny.toml", results="alone")

    def test_a_row_a_trial(self) -> None:
        frame = samebits.trials("swept")
        self.assertEqual(len(frame), 8)
        self.assertEqual(set(frame["experiment"]), {"tiny"})
        self.assertEqual(sorted(set(frame["seed"])), [42, 43])
        self.assertEqual(sorted(set(frame["training.learning_rate"])), [0.01, 1.0])
        self.assertEqual(sorted(set(frame["training.clip"])), ["none", "{ norm = 1.0 }"])
        self.assertEqual(frame["best_epoch"].dtype, "int64")
        self.assertEqual(frame["valid_perplexity"].dtype, "float64")
        self.assertTrue(frame.equals(samebits.trials("swept/tiny")))

    def test_a_row_an_evaluation(self) -> None:
        for trial in samebits.trials("swept").itertuples():
            frame = samebits.metrics(str(trial.folder))
            self.assertEqual(list(frame["epoch"]), [1, 2])
            self.assertEqual(frame["valid_perplexity"].min(), trial.valid_perplexity)
            self.assertEqual(frame["learning_rate"].dtype, "float64")

    def test_numbers_are_the_written_ones_to_the_bit(self) -> None:
        (file,) = Path("alone/tiny").glob("*/metrics.csv")
        with open(file, newline="") as stream:
            written = [float(row["valid_loss"]) for row in csv.DictReader(stream)]
        self.assertEqual(list(samebits.metrics("alone/tiny")["valid_loss"]), written)

    def test_what_is_no_folder_of_results(self) -> None:
        with self.assertRaisesRegex(FileNotFoundError, "there is no summary.csv in nowhere"):
            samebits.trials("nowhere")
        with self.assertRaisesRegex(FileNotFoundError, "give the folder of a trial"):
            samebits.metrics("nowhere")
        with self.assertRaisesRegex(ValueError, "has 8 trials: give the folder of one"):
            samebits.metrics("swept/tiny")


@needs("pandas")
class OfOddCells(InAFolder):
    """Cells that tables seldom have."""

    def written(self, text: str) -> None:
        (self.folder / "summary.csv").write_text(text, encoding="utf-8")

    def test_words_numbers_and_what_is_missing(self) -> None:
        self.written(
            "trial,seed,model.tied,data.corpus,model.layers,model.dropout,status,best_epoch,valid_loss,text,why\n"
            "'=a,18446744073709551615,true,'-x,1,0.5,done,3,inf,00000001,\n"
            "b,2,false,''+y,,,planned,,,1e234567,'@why\n"
            "c,3,true,1_000,2,1,done,4,nan,12345678,NA\n"
        )
        frame = samebits.trials(self.folder)
        self.assertEqual(list(frame["trial"]), ["=a", "b", "c"])
        self.assertEqual(list(frame["seed"]), [2**64 - 1, 2, 3])
        self.assertEqual(list(frame["model.tied"]), [True, False, True])
        self.assertEqual(list(frame["data.corpus"]), ["-x", "'+y", "1_000"])
        self.assertEqual(list(frame["text"]), ["00000001", "1e234567", "12345678"])
        self.assertEqual(list(frame["why"].dropna()), ["@why", "NA"])
        self.assertEqual(str(frame["model.layers"].dtype), "Int64")
        self.assertEqual([int(n) for n in frame["best_epoch"].dropna()], [3, 4])
        losses = list(frame["valid_loss"])
        self.assertEqual(losses[0], math.inf)
        self.assertTrue(math.isnan(losses[1]) and math.isnan(losses[2]))
        self.assertEqual(list(frame["model.dropout"].dropna()), [0.5, 1.0])

    def test_a_broken_table(self) -> None:
        self.written("trial,seed,status\na,1\n")
        with self.assertRaisesRegex(ValueError, "row 2 of .* has 2 cells instead of 3"):
            samebits.trials(self.folder)
        self.written("")
        with self.assertRaisesRegex(ValueError, "is empty"):
            samebits.trials(self.folder)


if __name__ == "__main__":
    unittest.main()
