"""A training step of a Swin Transformer in PyTorch, as one would write it: seconds a step.

    python3 training_step.py STEPS BATCH SIDE THREADS

Student forth and back, teacher forth, Nesterov SGD, and the teacher's moving average; swin_tiny, linear layers and window attention by PyTorch's own operators. Needs torch alone.
"""
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def windows(x, w):
    b, h, v, c = x.shape
    return x.view(b, h // w, w, v // w, w, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, w * w, c)


def unwindows(x, w, h, v):
    return x.view(-1, h // w, v // w, w, w, x.shape[-1]).permute(0, 1, 3, 2, 4, 5).reshape(-1, h, v, x.shape[-1])


class Block(nn.Module):
    def __init__(self, dim, heads, side, window, shift):
        super().__init__()
        self.heads, self.window = heads, min(window, side)
        self.shift = shift if side > window else 0
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        n = 2 * self.window - 1
        self.table = nn.Parameter(torch.randn(n * n, heads) * 0.02)
        at = torch.stack(torch.meshgrid(torch.arange(self.window), torch.arange(self.window), indexing="ij")).flatten(1)
        apart = (at[:, :, None] - at[:, None, :]) + self.window - 1
        self.register_buffer("index", apart[0] * n + apart[1])
        mask = None
        if self.shift:
            region = torch.zeros(1, side, side, 1)
            cuts = (slice(0, -self.window), slice(-self.window, -self.shift), slice(-self.shift, None))
            for i, (a, b) in enumerate((a, b) for a in cuts for b in cuts):
                region[:, a, b] = i
            part = windows(region, self.window).squeeze(-1)
            mask = torch.where(part[:, None] != part[:, :, None], -100.0, 0.0)
        self.register_buffer("mask", mask)

    def attend(self, x):
        n, t, c = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1) + self.table[self.index.view(-1)].view(t, t, -1).permute(2, 0, 1)
        if self.mask is not None:
            m = self.mask.shape[0]
            scores = (scores.view(-1, m, self.heads, t, t) + self.mask[None, :, None]).view(n, self.heads, t, t)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, c))

    def forward(self, x):
        _, h, v, _ = x.shape
        y = self.norm1(x)
        if self.shift:
            y = y.roll((-self.shift, -self.shift), (1, 2))
        y = unwindows(self.attend(windows(y, self.window)), self.window, h, v)
        if self.shift:
            y = y.roll((self.shift, self.shift), (1, 2))
        x = x + y
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Merge(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * dim), nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x):
        return self.reduction(self.norm(torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)))


class Swin(nn.Module):
    def __init__(self, side, dim=96, depths=(2, 2, 6, 2), heads=(3, 6, 12, 24), window=7, projected=1376, classes=14):
        super().__init__()
        self.embed, self.embed_norm = nn.Conv2d(3, dim, 4, 4), nn.LayerNorm(dim)
        layers, side = [], side // 4
        for stage, (depth, h) in enumerate(zip(depths, heads)):
            layers += [Block(dim, h, side, window, window // 2 if i % 2 else 0) for i in range(depth)]
            if stage + 1 < len(depths):
                layers.append(Merge(dim))
                dim, side = 2 * dim, side // 2
        self.layers, self.norm = nn.Sequential(*layers), nn.LayerNorm(dim)
        self.projector = nn.Sequential(nn.Linear(dim, projected), nn.ReLU(), nn.Linear(projected, projected))
        self.head = nn.Linear(projected, classes)

    def forward(self, x):
        x = self.layers(self.embed_norm(self.embed(x).permute(0, 2, 3, 1)))
        features = self.projector(self.norm(x).mean((1, 2)))
        return features, self.head(features)


def main():
    steps, batch, side, threads = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    student, teacher = Swin(side), Swin(side)
    teacher.requires_grad_(False)
    optimizer = torch.optim.SGD(student.parameters(), lr=1e-3, momentum=0.9, nesterov=True)
    one, two = torch.randn(batch, 3, side, side), torch.randn(batch, 3, side, side)
    targets = (torch.rand(batch, 14) > 0.5).float()
    for step in range(steps):
        start = time.perf_counter()
        with torch.no_grad():
            followed, _ = teacher(two)
        features, logits = student(one)
        loss = 0.75 * F.binary_cross_entropy_with_logits(logits, targets) + 0.25 * F.mse_loss(features, followed)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for s, t in zip(student.parameters(), teacher.parameters()):
                t.mul_(0.9).add_(s, alpha=0.1)
        print(time.perf_counter() - start, flush=True)


main()
