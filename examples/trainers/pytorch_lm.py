"""A small recurrent language model in PyTorch: python pytorch_lm.py --seed 1

Prints its validation loss as JSON, which `runner check --run` reads.
"""

import argparse
import json

import torch

from text import windows

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--steps", type=int, default=150)
arguments = parser.parse_args()

torch.manual_seed(arguments.seed)
torch.set_num_threads(1)
letters, train, valid = windows()
inputs, targets = (torch.tensor([pair[part] for pair in train]) for part in (0, 1))
held_inputs, held_targets = (torch.tensor([pair[part] for pair in valid]) for part in (0, 1))


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(letters, 16)
        self.layer = torch.nn.GRU(16, 32, batch_first=True)
        self.decoder = torch.nn.Linear(32, letters)

    def forward(self, batch):
        return self.decoder(self.layer(self.embedding(batch))[0][:, -1])


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(arguments.steps):
    batch = torch.randint(len(inputs), (64,))
    loss = torch.nn.functional.cross_entropy(model(inputs[batch]), targets[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    loss = torch.nn.functional.cross_entropy(model(held_inputs), held_targets)
print(json.dumps({"experiment": "pytorch_lm", "seed": arguments.seed, "valid_loss": loss.item()}))
