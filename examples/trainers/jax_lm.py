"""A small language model of a hidden layer over eight letters in JAX: python jax_lm.py --seed 1

Prints its validation loss as JSON, which `runner check --run` reads.
"""

import argparse
import json

import jax
import jax.numpy as jnp
import numpy as np

from text import CONTEXT, windows

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--steps", type=int, default=400)
arguments = parser.parse_args()

letters, train, valid = windows()
inputs, targets = (np.array([pair[part] for pair in train]) for part in (0, 1))
held_inputs, held_targets = (np.array([pair[part] for pair in valid]) for part in (0, 1))
keys = jax.random.split(jax.random.key(arguments.seed), 4)
weights = {
    "embedding": jax.random.normal(keys[0], (letters, 16)),
    "hidden": jax.random.normal(keys[1], (16 * CONTEXT, 64)) / (16 * CONTEXT) ** 0.5,
    "decoder": jax.random.normal(keys[2], (64, letters)) / 8,
}


def mean_loss(weights, inputs, targets):
    embedded = weights["embedding"][inputs].reshape(len(inputs), -1)
    logits = jnp.tanh(embedded @ weights["hidden"]) @ weights["decoder"]
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), targets[:, None], 1).mean()


@jax.jit
def update(weights, inputs, targets):
    gradient = jax.grad(mean_loss)(weights, inputs, targets)
    return jax.tree.map(lambda weight, slope: weight - 0.3 * slope, weights, gradient)


draw = np.random.default_rng(arguments.seed)
for step in range(arguments.steps):
    batch = draw.integers(len(inputs), size=64)
    weights = update(weights, inputs[batch], targets[batch])
loss = float(mean_loss(weights, held_inputs, held_targets))
print(json.dumps({"experiment": "jax_lm", "seed": arguments.seed, "valid_loss": loss}))
