"""numpy's contender: a plain RNN, character by character, one-hot vectors, back through time and
Adagrad by hand, as one writes it to learn how it works. `numpy_worker.py WORKLOAD`, a JSON object."""

import json
import sys

import numpy as np

import contender


class Training:
    def __init__(self, w):
        self.w, self.ids = w, contender.stream(w["tokens"], w["vocabulary"])
        given = contender.weights(w["weights"])
        column = lambda name: given[name].reshape(-1, 1)
        self.weights = {
            "in": given["rnn.weight_ih_l0"],
            "own": given["rnn.weight_hh_l0"],
            "out": given["decoder.weight"],
            # PyTorch has two biases where one is enough; both are updated alike here too.
            "bias_in": column("rnn.bias_ih_l0"),
            "bias_own": column("rnn.bias_hh_l0"),
            "bias_out": column("decoder.bias"),
        }
        self.sums = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self.batches = (len(self.ids) - 1) // w["steps"]
        self.hidden = None

    def one_hot(self, token):
        vector = np.zeros((self.w["vocabulary"], 1), dtype=np.float32)
        vector[token] = 1
        return vector

    def step(self, number):
        w, p, steps = self.w, self.weights, self.w["steps"]
        first = number % self.batches * steps
        inputs, targets = self.ids[first : first + steps], self.ids[first + 1 : first + steps + 1]
        if first == 0:
            self.hidden = np.zeros((w["hidden"], 1), dtype=np.float32)
        xs, hs, probabilities, loss = [], [self.hidden], [], 0.0
        for token, target in zip(inputs, targets):
            xs.append(self.one_hot(token))
            inner = p["in"] @ xs[-1] + p["own"] @ hs[-1] + p["bias_in"] + p["bias_own"]
            hs.append(np.tanh(inner))
            logits = p["out"] @ hs[-1] + p["bias_out"]
            powers = np.exp(logits - logits.max())
            probabilities.append(powers / powers.sum())
            loss -= np.log(probabilities[-1][target, 0])
        self.hidden = hs[-1]
        gradients = {name: np.zeros_like(value) for name, value in p.items()}
        from_later = np.zeros_like(self.hidden)
        for t in reversed(range(steps)):
            error = probabilities[t].copy()
            error[targets[t]] -= 1
            gradients["out"] += error @ hs[t + 1].T
            gradients["bias_out"] += error
            inner = (p["out"].T @ error + from_later) * (1 - hs[t + 1] * hs[t + 1])
            gradients["in"] += inner @ xs[t].T
            gradients["own"] += inner @ hs[t].T
            gradients["bias_in"] += inner
            from_later = p["own"].T @ inner
        gradients["bias_own"] = gradients["bias_in"].copy()
        for name, gradient in gradients.items():
            np.clip(gradient, -w["clip_value"], w["clip_value"], out=gradient)
            self.sums[name] += gradient * gradient
            p[name] -= w["learning_rate"] * gradient / (np.sqrt(self.sums[name]) + 1e-10)
        return float(loss) / steps


workload = json.loads(sys.argv[1])
contender.serve(workload, Training(workload).step)
