"""Exports a Swin Transformer's pooled features to ONNX and to TorchScript, as a .NET user would who takes the model from Python.

    export_swin.py CHECKPOINT HEADS WINDOW SIZE OUT

CHECKPOINT holds a state dict with timm's names, HEADS lists the attention heads by stage (4,8,16,32). Writes OUT.onnx (opset 17, batch size free), OUT.int8.onnx (the
same with dynamic quantization) and OUT.pt (traced, frozen, optimised for inference). The biases of relative positions are computed before the export, which is the best
case for whoever runs the graph. Needs torch and onnx.
"""

import sys

import numpy
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn
from torch.nn import functional as F


def norm(x, weight, bias):
    return F.layer_norm(x, (weight.numel(),), weight, bias, 1e-5)


def partition(x, w, height, width, channels):
    x = x.view(-1, height // w, w, width // w, w, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, w * w, channels)


def merge(x, w, height, width, channels):
    x = x.view(-1, height // w, width // w, w, w, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, channels)


class Block(nn.Module):
    def __init__(self, weights, prefix, heads, size, window, shifted):
        super().__init__()
        self.w = {k[len(prefix):].replace(".", "_"): v for k, v in weights.items() if k.startswith(prefix)}
        for name, value in self.w.items():
            if value.is_floating_point():
                self.register_parameter(name, nn.Parameter(value))
        self.channels = self.norm1_weight.shape[0]
        self.heads, self.size = heads, size
        self.window = min(window, *size)
        self.shift = window // 2 if shifted and min(size) > window else 0
        n = self.window * self.window
        at = torch.stack(torch.meshgrid(torch.arange(self.window), torch.arange(self.window), indexing="ij")).flatten(1)
        apart = at[:, :, None] - at[:, None, :] + self.window - 1
        index = apart[0] * (2 * self.window - 1) + apart[1]
        table = self.attn_relative_position_bias_table.data
        self.register_buffer("bias", table[index.view(-1)].view(n, n, heads).permute(2, 0, 1).contiguous()[None])
        if self.shift:
            region = torch.zeros(1, *size, 1)
            for i, rows in enumerate((slice(0, -self.window), slice(-self.window, -self.shift), slice(-self.shift, None))):
                for j, columns in enumerate((slice(0, -self.window), slice(-self.window, -self.shift), slice(-self.shift, None))):
                    region[:, rows, columns] = 3 * i + j
            region = partition(region, self.window, *size, 1).squeeze(-1)
            self.register_buffer("mask", (region[:, None] != region[:, :, None]).float().mul(-100)[:, None])

    def forward(self, x):
        (height, width), n, c = self.size, self.window * self.window, self.channels
        y = norm(x, self.norm1_weight, self.norm1_bias)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = partition(y, self.window, height, width, c)
        qkv = F.linear(y, self.attn_qkv_weight, self.attn_qkv_bias).view(-1, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = (qkv[0] * (c // self.heads) ** -0.5) @ qkv[1].transpose(-2, -1) + self.bias
        if self.shift:
            windows = self.mask.shape[0]
            scores = (scores.view(-1, windows, self.heads, n, n) + self.mask).view(-1, self.heads, n, n)
        y = (scores.softmax(-1) @ qkv[2]).transpose(1, 2).reshape(-1, n, c)
        y = merge(F.linear(y, self.attn_proj_weight, self.attn_proj_bias), self.window, height, width, c)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y
        y = norm(x, self.norm2_weight, self.norm2_bias)
        y = F.gelu(F.linear(y, self.mlp_fc1_weight, self.mlp_fc1_bias))
        return x + F.linear(y, self.mlp_fc2_weight, self.mlp_fc2_bias)


class Swin(nn.Module):
    def __init__(self, weights, heads, window, size):
        super().__init__()
        keep = lambda name: nn.Parameter(weights[name])
        self.proj_weight, self.proj_bias = keep("patch_embed.proj.weight"), keep("patch_embed.proj.bias")
        self.norm0_weight, self.norm0_bias = keep("patch_embed.norm.weight"), keep("patch_embed.norm.bias")
        self.norm_weight, self.norm_bias = keep("norm.weight"), keep("norm.bias")
        self.patch = self.proj_weight.shape[-1]
        self.stages, self.merges, self.sizes = nn.ModuleList(), nn.ParameterList(), []
        for stage, count in enumerate(heads):
            side = size // self.patch >> stage
            blocks = nn.ModuleList()
            while f"layers.{stage}.blocks.{len(blocks)}.norm1.weight" in weights:
                blocks.append(Block(weights, f"layers.{stage}.blocks.{len(blocks)}.", count, (side, side), window, len(blocks) % 2 == 1))
            self.stages.append(blocks)
            self.sizes.append(side)
            if stage < len(heads) - 1:
                for name in ("norm.weight", "norm.bias", "reduction.weight"):
                    self.merges.append(keep(f"layers.{stage}.downsample.{name}"))

    def forward(self, images):
        x = F.conv2d(images, self.proj_weight, self.proj_bias, stride=self.patch).permute(0, 2, 3, 1)
        x = norm(x, self.norm0_weight, self.norm0_bias)
        for stage, blocks in enumerate(self.stages):
            for block in blocks:
                x = block(x)
            if stage < len(self.stages) - 1:
                weight, bias, reduction = self.merges[3 * stage:3 * stage + 3]
                x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
                x = F.linear(norm(x, weight, bias), reduction)
        x = norm(x, self.norm_weight, self.norm_bias)
        return x.mean((1, 2))


def quantize(source, target):
    """Dynamic quantization as ONNX Runtime's own tool does it: products with fixed weights take integers, of 8 bits with a sign and a
    scale for each output, and activations are measured and rounded as they come. ONNX Runtime fuses the nodes of a product to one."""
    model = onnx.load(source)
    weights = {i.name: i for i in model.graph.initializer}
    nodes, added = [], []
    rounded = {}
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.input[1] not in weights:
            nodes.append(node)
            continue
        name, data = node.output[0], node.input[0]
        weight = numpy_helper.to_array(weights[node.input[1]])
        scale = numpy.abs(weight).max(0) / 127
        integers = numpy.clip(numpy.rint(weight / numpy.where(scale > 0, scale, 1)), -127, 127).astype(numpy.int8)
        added += [numpy_helper.from_array(integers, name + "_weight"), numpy_helper.from_array(scale.astype(numpy.float32), name + "_scale"),
                  numpy_helper.from_array(numpy.zeros(weight.shape[1], numpy.int8), name + "_zero")]
        if data not in rounded:
            rounded[data] = [f"{data}_quantized", f"{data}_step", f"{data}_zero_point"]
            nodes.append(helper.make_node("DynamicQuantizeLinear", [data], rounded[data]))
        integer, step, zero = rounded[data]
        nodes += [helper.make_node("MatMulInteger", [integer, name + "_weight", zero, name + "_zero"], [name + "_integer"]),
                  helper.make_node("Cast", [name + "_integer"], [name + "_cast"], to=onnx.TensorProto.FLOAT),
                  helper.make_node("Mul", [step, name + "_scale"], [name + "_scales"]),
                  helper.make_node("Mul", [name + "_cast", name + "_scales"], [name])]
    used = {i for node in nodes for i in node.input}
    kept = [i for i in model.graph.initializer if i.name in used]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(kept + added)
    onnx.save(model, target)


def load(path):
    content = torch.load(path, map_location="cpu")
    for key in ("teacher", "state_dict", "model"):
        if key in content:
            return content[key]
    return content


def main():
    checkpoint, heads, window, size, out = sys.argv[1:]
    model = Swin(load(checkpoint), [int(h) for h in heads.split(",")], int(window), int(size)).eval()
    images = torch.randn(2, 3, int(size), int(size))
    with torch.no_grad():
        torch.onnx.export(model, images, out + ".onnx", opset_version=17, input_names=["images"], output_names=["features"],
                          dynamic_axes={"images": {0: "batch"}, "features": {0: "batch"}})
        quantize(out + ".onnx", out + ".int8.onnx")
        torch.jit.freeze(torch.jit.trace(model, images)).save(out + ".pt")


if __name__ == "__main__":
    main()
