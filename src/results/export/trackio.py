"""Logs the runs of runs.json with trackio, into projects/ beside this file; written by runner."""
import json
import os
from pathlib import Path

here = Path(__file__).resolve().parent
os.environ["TRACKIO_DIR"] = str(here / "projects")

import trackio

runs = json.loads((here / "runs.json").read_text(encoding="utf-8"))
for project in sorted({run["project"] for run in runs}):
    trackio.delete_project(project, force=True)
for run in runs:
    trackio.init(
        project=run["project"],
        name=run["name"],
        group=run["group"],
        config=run["config"],
        embed=False,
        auto_log_gpu=False,
        auto_log_cpu=False,
    )
    for row in run["rows"]:
        figures = {name: float(value) for name, value in row["figures"].items()}
        trackio.log(figures, step=row["step"])
    trackio.finish()
