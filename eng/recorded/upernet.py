"""Records the gradients of the segmentation network in double precision: python3 eng/recorded/upernet.py

Writes grads_float64.safetensors beside each case of Ark.Tests/Fixtures/10_segmentation: the parameters of the decoder's branch that pools the
whole picture. Batch normalization over two values leaves little of these gradients but cancellation, so that in single precision they show
rounding. The network is written anew from the paper's description, and is first held to every recorded value of the original.
"""
import json
import pathlib
import sys
import torch
from torch.nn import functional as F
from arrays import load, save

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Ark.Tests/Fixtures/10_segmentation"
BRANCH = ("PPN.stages.0.1.weight", "PPN.stages.0.2.weight", "PPN.stages.0.2.bias")


class Network:
    def __init__(self, weights, config):
        self.w, self.config = weights, config

    def linear(self, x, name):
        return F.linear(x, self.w[name + ".weight"], self.w.get(name + ".bias"))

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"])

    def convolution(self, x, name):
        kernel = self.w[name + ".weight"]
        return F.conv2d(x, kernel, self.w.get(name + ".bias"), padding=kernel.shape[-1] // 2)

    def batch_norm(self, x, name):
        return F.batch_norm(x, None, None, self.w[name + ".weight"], self.w[name + ".bias"], training=True)

    def attention(self, x, name, heads, window, shift):
        batch, height, width, channels = x.shape
        if min(height, width) <= window:  # One window holds all.
            window, shift = min(height, width), 0
        down, right = -height % window, -width % window
        x = F.pad(x, (0, 0, 0, right, 0, down))
        padded_height, padded_width = height + down, width + right
        x = x.roll((-shift, -shift), (1, 2))

        def windows(t):
            t = t.reshape(t.shape[0], padded_height // window, window, padded_width // window, window, t.shape[-1])
            return t.permute(0, 1, 3, 2, 4, 5).reshape(-1, window * window, t.shape[-1])

        parts = windows(x)
        q, k, v = self.linear(parts, name + ".qkv").reshape(len(parts), window * window, 3, heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) / (channels // heads) ** 0.5
        index = self.w[name + ".relative_position_index"].long().flatten()
        scores = scores + self.w[name + ".relative_position_bias_table"][index].reshape(window * window, window * window, heads).permute(2, 0, 1)
        if shift:
            regions = torch.zeros(1, padded_height, padded_width, 1)
            cuts = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
            for i, rows in enumerate(cuts):
                for j, columns in enumerate(cuts):
                    regions[:, rows, columns] = 3 * i + j
            regions = windows(regions)[..., 0]
            mask = (regions[:, None] != regions[:, :, None]).double() * -100
            scores = scores.reshape(batch, len(regions), *scores.shape[1:]) + mask[None, :, None]
            scores = scores.flatten(0, 1)
        x = self.linear((scores.softmax(-1) @ v).transpose(1, 2).reshape(len(parts), window * window, channels), name + ".proj")
        x = x.reshape(batch, padded_height // window, padded_width // window, window, window, channels).permute(0, 1, 3, 2, 4, 5)
        return x.reshape(batch, padded_height, padded_width, channels).roll((shift, shift), (1, 2))[:, :height, :width]

    def features(self, images):
        x = F.conv2d(images, self.w["backbone.patch_embed.proj.weight"], self.w["backbone.patch_embed.proj.bias"], stride=4).permute(0, 2, 3, 1)
        x = self.norm(x, "backbone.patch_embed.norm")
        window = self.config["window"]
        for stage, (depth, heads) in enumerate(zip(self.config["depths"], self.config["heads"])):
            for block in range(depth):
                name = f"backbone.layers.{stage}.blocks.{block}"
                x = x + self.attention(self.norm(x, name + ".norm1"), name + ".attn", heads, window, window // 2 * (block % 2))
                x = x + self.linear(F.gelu(self.linear(self.norm(x, name + ".norm2"), name + ".mlp.fc1")), name + ".mlp.fc2")
            if stage < 3:
                x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
                x = self.linear(self.norm(x, f"backbone.layers.{stage}.downsample.norm"), f"backbone.layers.{stage}.downsample.reduction")
            yield x.permute(0, 3, 1, 2)

    def score(self, features):
        def corners(x, like):
            return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=True)

        last = features[-1]
        pooled = [last]
        for i, bins in enumerate(self.config["pyramid_bins"]):
            part = self.batch_norm(self.convolution(F.adaptive_avg_pool2d(last, bins), f"PPN.stages.{i}.1"), f"PPN.stages.{i}.2")
            pooled.append(corners(part.relu(), last))
        top = self.batch_norm(self.convolution(torch.cat(pooled, 1), "PPN.bottleneck.0"), "PPN.bottleneck.1").relu()
        lateral = [features[0]] + [self.convolution(f, f"FPN.conv1x1.{i}") for i, f in enumerate([*features[1:3], top])]
        levels = [self.convolution(corners(lateral[i + 1], lateral[i]) + lateral[i], f"FPN.smooth_conv.{2 - i}") for i in range(3)] + lateral[3:]
        levels = levels[:1] + [corners(level, levels[0]) for level in levels[1:]]
        fused = self.batch_norm(self.convolution(torch.cat(levels, 1), "FPN.conv_fusion.0"), "FPN.conv_fusion.1").relu()
        return self.convolution(fused, "head")


def check(name, actual, expected, bound):
    difference = (actual - expected).abs().max().item() / max(expected.abs().max().item(), 1e-30)
    if difference > bound:
        sys.exit(f"{name}: {difference:.1e} from what the original computed; this is not its network.")
    return difference


def record(folder):
    config = json.loads((folder / "config.json").read_text())
    tensors = {n: torch.from_numpy(a.copy()) for n, a in load(folder / "weights.safetensors").items()}
    # One smoothing convolution stands under three names.
    weights = {n: t.double().requires_grad_() if t.is_floating_point() else t for n, t in tensors.items()}
    for name in [n for n in weights if n.startswith("FPN.smooth_conv.")]:
        weights[name] = weights["FPN.smooth_conv.0." + name.rsplit(".", 1)[1]]
    io = {n: torch.from_numpy(a.copy()).double() for n, a in load(folder / "io.safetensors").items()}
    network = Network(weights, config)
    features = list(network.features(io["input"]))
    for i, feature in enumerate(features):
        check(f"feature{i}", feature, io[f"feature{i}"], 1e-5)
    logits = F.interpolate(network.score(features), io["input"].shape[2:], mode="bilinear", align_corners=False)
    check("logits", logits, io["logits.train"], 1e-4)
    p, t = logits.sigmoid().flatten(), io["target"].flatten()
    loss = 1 - (2 * (p * t).sum() + 1) / (p.sum() + t.sum() + 1)
    check("loss", loss, io["loss.train"], 1e-6)
    loss.backward()
    for name, array in load(folder / "grads.safetensors").items():
        difference = check(name, weights[name].grad, torch.from_numpy(array.copy()).double(), 3e-4 if name in BRANCH else 1e-4)
        if name in BRANCH:
            print(f"{folder.name}: the recorded {name} is {difference:.1e} of its largest value from double precision")
    save(folder / "grads_float64.safetensors", {name: weights[name].grad.numpy() for name in BRANCH})


if __name__ == "__main__":
    torch.set_num_threads(1)  # Or the order of sums, and with it the last digit, depends on the machine.
    for case in ("a_img64_c3", "b_img128_c1"):
        record(FOLDER / case)
