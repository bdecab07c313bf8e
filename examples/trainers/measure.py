"""Measures how often the gate is wrong about real trainers, and how many seeds it takes.

    python measure.py RUNNER BASELINE_POOL [WORSE_POOL]

A pool is a file of what a trainer printed, a line a seed, from as many seeds as there was time for:

    for seed in $(seq 60); do python jax_lm.py --seed $seed; done > pool.jsonl

Each comparison draws seeds for a baseline and others for what is checked, all from the pools: what it
measures is the noise of real trainings, though far fewer were made than comparisons. The second is made
worse by 2 %, or drawn from the other pool. Each comparison runs the program itself.
"""

import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

# With early stopping a comparison takes as many processes as seeds.
COMPARISONS, EARLY = 200, 100
LOSS = 0.02


def losses(path):
    return [json.loads(line)["valid_loss"] for line in open(path)]


def check(runner, *options):
    command = [runner, "check", "--baseline", "b.toml", "--quiet", "--json", *options]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if ended.returncode not in (0, 4, 5):
        sys.exit(ended.stderr)
    return json.loads(ended.stdout)["experiments"][0]


def write(name, values):
    lines = [json.dumps({"seed": seed, "loss": value}) for seed, value in enumerate(values, 1)]
    pathlib.Path(folder, name).write_text("\n".join(lines) + "\n")


def needed(noise, stops):
    """As the program asks for: without early stopping, of Student's quantiles."""
    write("a.jsonl", [1.0] * 3)
    check(runner, "--results", "a.jsonl", "--name", "t", "--update")
    # Three differences with a mean of zero and this standard deviation.
    write("b.jsonl", [1.0 + noise, 1.0, 1.0 - noise])
    options = ["--run", "sed -n {seed}p b.jsonl"] if stops else ["--results", "b.jsonl"]
    return check(runner, *options, "--name", "t")["seeds_needed"]


def rates(seeds, stops, worse):
    verdicts, trained = {"pass": 0, "improved": 0, "undecided": 0, "regression": 0}, 0
    comparisons = EARLY if stops else COMPARISONS
    for _ in range(comparisons):
        drawn = random.sample(pool, seeds if worse is pool_worse else 2 * seeds)
        now = random.sample(worse, seeds) if worse is pool_worse else drawn[seeds:]
        factor = 1 + LOSS if worse == "by 2 %" else 1
        write("a.jsonl", drawn[:seeds])
        write("now.jsonl", [value * factor for value in now])
        pathlib.Path(folder, "b.toml").unlink(missing_ok=True)
        check(runner, "--results", "a.jsonl", "--name", "t", "--update")
        pathlib.Path(folder, "ran").write_text("")
        command = "echo >> ran; sed -n {seed}p now.jsonl"
        options = ["--run", command] if stops else ["--results", "now.jsonl"]
        verdicts[check(runner, *options, "--name", "t")["verdict"]] += 1
        trained += len(pathlib.Path(folder, "ran").read_text()) if stops else seeds
    part = [100 * count / comparisons for count in verdicts.values()]
    return f"{part[0] + part[1]:.1f} / {part[2]:.1f} / {part[3]:.1f}: {trained / comparisons:.1f}"


runner = str(pathlib.Path(sys.argv[1]).resolve())
pool = losses(sys.argv[2])
pool_worse = losses(sys.argv[3]) if len(sys.argv) > 3 else None
random.seed(1)
with tempfile.TemporaryDirectory() as folder:
    mean = statistics.mean(pool)
    noise = 2**0.5 * statistics.stdev(pool) / mean
    loss = f", worse by {100 * (statistics.mean(pool_worse) / mean - 1):.2f} %" if pool_worse else ""
    print(f"{sys.argv[2]}: noise {100 * noise:.2f} %{loss}", flush=True)
    for stops in (False, True):
        seeds = needed(noise, stops)
        cells = [rates(seeds, stops, worse) for worse in ("not", "by 2 %", pool_worse) if worse]
        print(f"| {seeds}{', stops early' if stops else ''} | {' | '.join(cells)} |", flush=True)
