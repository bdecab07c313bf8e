"""What the contenders in Python share: the tokens, the first weights, and the talk with the
coordinator. No torch in here."""

import json
import os
import sys
import time

import numpy as np


def stream(tokens, vocabulary):
    """The tokens that all contenders read; `stream` of workload.rs in Python."""
    state, token, ids = 1, 0, np.empty(tokens, dtype=np.int64)
    for place in range(tokens):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        uniform = (state >> 11) / 2**53
        if uniform < 0.5:
            token = (token * 5 + 3) % vocabulary
        else:
            x = 2.0 * uniform - 1.0
            token = int(x * x * x * vocabulary)
        ids[place] = token
    return ids


def weights(path):
    """The tensors of a safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], dtype="<f4")
        .reshape(entry["shape"])
        .copy()
        for name, entry in header.items()
    }


def serve(workload, step):
    """Warms up, then answers the coordinator. `step(number)` trains one step and returns its mean
    loss a token."""
    cpu = os.environ.get("COMPARE_CLOCK") == "cpu"
    clock = time.process_time if cpu else time.perf_counter
    number, losses = 0, []
    for number in range(workload["warm_up"]):
        losses.append(step(number))
    number += 1
    last = losses[-(workload["warm_up"] // 4):]
    print("ready", number, sum(last) / len(last), flush=True)
    for line in sys.stdin:
        seconds = float(line.split()[1])
        start = time.perf_counter()
        while True:  # not timed: caches and clock come back after the pause
            step(number)
            number += 1
            if time.perf_counter() - start >= 0.2:
                break
        steps, loss, start, begun = 0, 0.0, time.perf_counter(), clock()
        while time.perf_counter() - start < seconds or steps < 2:
            loss += step(number)
            number, steps = number + 1, steps + 1
        spent = clock() - begun
        tokens = steps * workload["batch"] * workload["steps"]
        print(steps, spent, tokens, loss / steps, flush=True)
