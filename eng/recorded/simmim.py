"""Records a step of masked image modeling by SimMIM's equations, in double precision: python3 eng/recorded/simmim.py

Writes Ark.Tests/Fixtures/simmim: the weights of a small network, images, which squares are hidden, and what comes of them: the mask of the
patches, embeddings with the learned token, decoded pixels, the loss and gradients. The backbone is that of upernet.py, which is held to what
the original computed; around it stands what the paper adds (Xie et al., "SimMIM", CVPR 2022).
"""
import pathlib
import torch
from torch.nn import functional as F
from arrays import save
from upernet import Network

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Ark.Tests/Fixtures/simmim"
IMAGE, PATCH, SQUARE, CHANNELS, DIM = 32, 4, 8, 3, 16
CONFIG = {"depths": [2, 1], "heads": [2, 4], "window": 4}
STRIDE = PATCH * 2 ** (len(CONFIG["depths"]) - 1)
# Gradients of the parts that the method touches; the others would only make the file larger.
RECORDED = (
    "mask_token", "decoder.weight", "decoder.bias", "norm.weight", "norm.bias", "patch_embed.proj.weight", "patch_embed.norm.weight",
    "layers.0.blocks.1.attn.relative_position_bias_table", "layers.0.blocks.0.norm1.weight", "layers.0.downsample.reduction.weight",
    "layers.1.blocks.0.attn.proj.weight", "absolute_pos_embed")


class Encoder(Network):
    """The backbone without the scaffolding of segmentation: names without 'backbone.', positions, and one output, after the last norm."""

    def linear(self, x, name):
        return super().linear(x, name.removeprefix("backbone."))

    def norm(self, x, name):
        return super().norm(x, name.removeprefix("backbone."))

    def attention(self, x, name, heads, window, shift):
        return super().attention(x, name.removeprefix("backbone."), heads, window, shift)

    def embed(self, images, hidden):
        x = F.conv2d(images, self.w["patch_embed.proj.weight"], self.w["patch_embed.proj.bias"], stride=PATCH).permute(0, 2, 3, 1)
        x = self.norm(x, "patch_embed.norm")
        w = hidden.double().unsqueeze(-1)
        x = x * (1 - w) + self.w["mask_token"] * w
        return x + self.w["absolute_pos_embed"].reshape(1, IMAGE // PATCH, IMAGE // PATCH, DIM)

    def encode(self, x):
        window, last = self.config["window"], len(self.config["depths"]) - 1
        for stage, (depth, heads) in enumerate(zip(self.config["depths"], self.config["heads"])):
            for block in range(depth):
                name = f"layers.{stage}.blocks.{block}"
                x = x + self.attention(self.norm(x, name + ".norm1"), name + ".attn", heads, window, window // 2 * (block % 2))
                x = x + self.linear(F.gelu(self.linear(self.norm(x, name + ".norm2"), name + ".mlp.fc1")), name + ".mlp.fc2")
            if stage < last:
                x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
                x = self.linear(self.norm(x, f"layers.{stage}.downsample.norm"), f"layers.{stage}.downsample.reduction")
        return self.norm(x, "norm")


def index(window):
    """For each pair of places of a window, which entry of the table of relative positions is theirs."""
    places = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")).flatten(1)
    apart = places[:, :, None] - places[:, None, :] + window - 1
    return apart[0] * (2 * window - 1) + apart[1]


def weights(generator):
    made = {}

    def draw(name, *shape, around=0.0, spread=0.15):
        # Of single precision, so that both sides begin with the same numbers.
        made[name] = (around + spread * torch.randn(shape, generator=generator)).float().double()

    def layer(name, outputs, inputs, bias=True):
        draw(name + ".weight", outputs, inputs)
        if bias:
            draw(name + ".bias", outputs)

    def norm(name, channels):
        draw(name + ".weight", channels, around=1.0)
        draw(name + ".bias", channels)

    draw("absolute_pos_embed", 1, (IMAGE // PATCH) ** 2, DIM)
    draw("patch_embed.proj.weight", DIM, CHANNELS, PATCH, PATCH)
    draw("patch_embed.proj.bias", DIM)
    norm("patch_embed.norm", DIM)
    channels = DIM
    for stage, (depth, heads) in enumerate(zip(CONFIG["depths"], CONFIG["heads"])):
        for block in range(depth):
            name = f"layers.{stage}.blocks.{block}"
            norm(name + ".norm1", channels)
            draw(name + ".attn.relative_position_bias_table", (2 * CONFIG["window"] - 1) ** 2, heads)
            layer(name + ".attn.qkv", 3 * channels, channels)
            layer(name + ".attn.proj", channels, channels)
            norm(name + ".norm2", channels)
            layer(name + ".mlp.fc1", 4 * channels, channels)
            layer(name + ".mlp.fc2", channels, 4 * channels)
        if stage < len(CONFIG["depths"]) - 1:
            norm(f"layers.{stage}.downsample.norm", 4 * channels)
            layer(f"layers.{stage}.downsample.reduction", 2 * channels, 4 * channels, bias=False)
            channels *= 2
    norm("norm", channels)
    draw("mask_token", 1, 1, DIM)
    layer("decoder", STRIDE ** 2 * CHANNELS, channels)
    return made


def record():
    generator = torch.Generator().manual_seed(23)
    made = {name: value.requires_grad_() for name, value in weights(generator).items()}
    images = torch.randn(2, CHANNELS, IMAGE, IMAGE, generator=generator).float().double()
    # 60 % of the 16 squares, rounded up, of each image.
    cells = torch.stack([torch.randperm((IMAGE // SQUARE) ** 2, generator=generator)[:10] for _ in images])
    coarse = torch.zeros(len(images), (IMAGE // SQUARE) ** 2, dtype=torch.bool).scatter(1, cells, True).view(-1, IMAGE // SQUARE, IMAGE // SQUARE)
    hidden = coarse.repeat_interleave(SQUARE // PATCH, 1).repeat_interleave(SQUARE // PATCH, 2)

    tables = {
        f"layers.{s}.blocks.{b}.attn.relative_position_index": index(CONFIG["window"]) for s, d in enumerate(CONFIG["depths"]) for b in range(d)}
    network = Encoder(made | tables, CONFIG)
    embedded = network.embed(images, hidden)
    features = network.encode(embedded).permute(0, 3, 1, 2)
    kernel = made["decoder.weight"][:, :, None, None]
    decoded = F.pixel_shuffle(F.conv2d(features, kernel, made["decoder.bias"]), STRIDE)
    pixels = hidden.repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2).unsqueeze(1).double()
    loss = (F.l1_loss(images, decoded, reduction="none") * pixels).sum() / (pixels.sum() + 1e-5) / CHANNELS
    loss.backward()

    FOLDER.mkdir(exist_ok=True)
    single = {name: value.detach().float().numpy() for name, value in made.items()}
    save(FOLDER / "weights.safetensors", single)
    save(FOLDER / "step.safetensors", {
        "images": images.float().numpy(), "cells": cells.numpy(), "hidden": hidden.to(torch.uint8).numpy(),
        "embedded": embedded.detach().float().numpy(), "decoded": decoded.detach().float().numpy(), "loss": loss.detach().numpy(),
        **{"grad." + name: made[name].grad.float().numpy() for name in RECORDED}})


if __name__ == "__main__":
    torch.set_num_threads(1)  # Or the order of sums, and with it the last digit, depends on the machine.
    record()
