"""PyTorch's contender: `torch_worker.py WORKLOAD`, a JSON object. With `trials` in it, trains so
many trials of `train_steps` steps on the text `corpus` and ends; else it serves bursts."""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

import contender

OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adagrad": torch.optim.Adagrad}
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Network(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.vocabulary = w["vocabulary"]
        self.embedding = nn.Embedding(w["vocabulary"], w["embedding"]) if w["embedding"] else None
        inputs = w["embedding"] or w["vocabulary"]
        self.rnn = CELLS[w["cell"]](inputs, w["hidden"], w["layers"])
        self.decoder = nn.Linear(w["hidden"], w["vocabulary"])

    def forward(self, tokens, state):
        if self.embedding is None:
            inputs = F.one_hot(tokens, self.vocabulary).float()
        else:
            inputs = self.embedding(tokens)
        hidden, state = self.rnn(inputs, state)
        return self.decoder(hidden), state


def optimizer(w, parameters, fastest=True):
    """The workload's optimizer in the fastest of PyTorch's implementations, tried on copies."""
    make, best = OPTIMIZERS[w["optimizer"]], None
    for options in [{}, {"foreach": True}, {"fused": True}] if fastest else []:
        copies = [torch.zeros_like(p, requires_grad=True) for p in parameters]
        for copy in copies:
            copy.grad = torch.rand_like(copy)
        trial, spent = make(copies, lr=w["learning_rate"], **options), []
        for _ in range(8):
            start = time.perf_counter()
            trial.step()
            spent.append(time.perf_counter() - start)
        if best is None or min(spent) < best[0]:
            best = min(spent), options
    options = best[1] if best else {}
    print("optimizer", w["optimizer"], options or "default", file=sys.stderr)
    return make(parameters, lr=w["learning_rate"], **options)


class Training:
    def __init__(self, w, ids, first_weights=None, fastest=True):
        self.w, self.network = w, Network(w)
        if first_weights:
            tensors = contender.weights(first_weights)
            self.network.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()})
        self.parameters = list(self.network.parameters())
        self.optimizer = optimizer(w, self.parameters, fastest)
        length = len(ids) // w["batch"]
        self.streams = ids[: length * w["batch"]].view(w["batch"], length).t()
        self.batches = (length - 1) // w["steps"]
        self.state = None

    def step(self, number):
        w, first = self.w, number % self.batches * self.w["steps"]
        inputs = self.streams[first : first + w["steps"]]
        targets = self.streams[first + 1 : first + 1 + w["steps"]]
        if first == 0:
            self.state = None
        elif w["cell"] == "lstm":
            self.state = tuple(part.detach() for part in self.state)
        else:
            self.state = self.state.detach()
        logits, self.state = self.network(inputs, self.state)
        kind = "sum" if w["reduction"] == "sum" else "mean"
        loss = F.cross_entropy(
            logits.view(-1, w["vocabulary"]), targets.reshape(-1), reduction=kind
        )
        scaled = loss * w["steps"] if w["reduction"] == "batchmean" else loss
        self.optimizer.zero_grad()
        scaled.backward()
        if w["clip_norm"]:
            nn.utils.clip_grad_norm_(self.parameters, w["clip_norm"])
        if w["clip_value"]:
            nn.utils.clip_grad_value_(self.parameters, w["clip_value"])
        self.optimizer.step()
        return loss.item() / (targets.numel() if kind == "sum" else 1)


def trials(w):
    with open(w["corpus"], encoding="utf-8") as file:
        text = file.read()
    ids = {token: place for place, token in enumerate(sorted(set(text)))}
    w["vocabulary"] = len(ids)
    tokens = torch.tensor([ids[token] for token in text])
    for trial in range(w["trials"]):
        torch.manual_seed(trial)
        training = Training(w, tokens, fastest=False)
        for number in range(w["train_steps"]):
            loss = training.step(number)
        print(loss)


def main():
    torch.set_num_threads(1)
    w = json.loads(sys.argv[1])
    if "trials" in w:
        return trials(w)
    ids = torch.from_numpy(contender.stream(w["tokens"], w["vocabulary"]))
    contender.serve(w, Training(w, ids, w["weights"]).step)


main()
