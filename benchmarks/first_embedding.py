"""The first embedding of a model in a new process, as the original's environment computes it: first_embedding.py CHECKPOINT HEADS WINDOW SIZE."""

import sys

import torch

from export_swin import Swin, load

checkpoint, heads, window, size = sys.argv[1:]
model = Swin(load(checkpoint), [int(h) for h in heads.split(",")], int(window), int(size)).eval()
with torch.no_grad():
    print(float(model(torch.zeros(1, 3, int(size), int(size))).abs().sum()))
