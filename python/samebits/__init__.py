"""What `runner` leaves, in Python: tables for pandas, models for torch.nn.

    import samebits

    samebits.run("tiny.toml", set={"model.hidden_size": 64})
    samebits.trials("results")             # a row a trial
    samebits.metrics("results/tiny")       # a row an epoch
    model = samebits.load("results/tiny")  # torch.nn, with the trained weights

pandas and torch are imported when a function needs them.
"""

from ._program import ProgramError, program, run
from ._tables import metrics, trials
from ._torch import load

__all__ = ["ProgramError", "load", "metrics", "program", "run", "trials"]
