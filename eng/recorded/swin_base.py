"""Records what torchvision's own Swin Transformer makes of two phantom pictures: python3 eng/recorded/swin_base.py [PHANTOMS]

Writes phantom.safetensors and phantom_run.json in Ark.Tests/Fixtures/03_swin_base, in double precision, for the two pictures beside them. The
weights are those of formula.json there. With PHANTOMS (see transforms.py) the pictures are made anew first. The network is first held to
what the original computed for the formula's image.
"""
import json
import pathlib
import sys
import numpy as np
import torch
import torchvision
from PIL import Image
from torch import nn
from arrays import load, save
from transforms import IMAGENET, published, rgb

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Ark.Tests/Fixtures/03_swin_base"
PICTURES = ("phantom_0.png", "phantom_1.png")
FEATURES = 1376


def draw(name, count):
    """The formula's numbers in [-1, 1)."""
    x = np.uint64(0xCBF29CE484222325)
    with np.errstate(over="ignore"):
        for byte in name.encode():
            x = (x ^ np.uint64(byte)) * np.uint64(0x100000001B3)
        x = x + np.arange(count, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return ((x >> np.uint64(40)).astype(np.float64) / 2**24 - 0.5) * 2


def weight(name, shape):
    values = draw(name, int(np.prod(shape)))
    if name.endswith("relative_position_bias_table"):
        values = 0.5 * values
    elif name.endswith(".bias"):
        values = 0.02 * values
    elif name.split(".")[-2] in ("norm", "norm1", "norm2"):
        values = 1 + 0.1 * values
    else:
        values = 1.75 / np.sqrt(np.prod(shape[1:])) * values
    return torch.from_numpy(values.astype(np.float32)).reshape(shape).double()


def original_name(name):
    """torchvision's name of a parameter as that of the original; features.2 i + 1 is a stage, features.2 i + 2 what merges its patches."""
    parts = name.split(".")
    if parts[0] != "features":
        return name
    place = int(parts[1])
    if place == 0:
        return ".".join(["patch_embed", {"0": "proj", "2": "norm"}[parts[2]], *parts[3:]])
    if place % 2 == 0:
        return ".".join([f"layers.{place // 2 - 1}.downsample", *parts[2:]])
    rest = ".".join(parts[3:]).replace("mlp.0", "mlp.fc1").replace("mlp.3", "mlp.fc2")
    return f"layers.{place // 2}.blocks.{parts[2]}.{rest}"


def fill(module, rename):
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(weight(rename(name), tuple(parameter.shape)))
    return module.double().eval()


def run(images, heads):
    """Activations by the original's names, pooled, projected and logits."""
    network = fill(torchvision.models.swin_b(), original_name)
    wide = network.norm.normalized_shape[0]
    projector = fill(nn.Sequential(nn.Linear(wide, FEATURES), nn.ReLU(), nn.Linear(FEATURES, FEATURES)), lambda n: f"projector.{n}")
    activations = {}

    def keep(name):
        return lambda module, inputs, output: activations.__setitem__(name, output.flatten(1, -2))

    network.features[0].register_forward_hook(keep("patch_embed"))
    for stage in range(4):
        blocks = network.features[2 * stage + 1]
        for i, block in enumerate(blocks):
            block.register_forward_hook(keep(f"stage{stage}.block{i}"))
        (network.features[2 * stage + 2] if stage < 3 else blocks).register_forward_hook(keep(f"stage{stage}"))
    network.avgpool.register_forward_hook(lambda module, inputs, output: activations.__setitem__("pooled", output.flatten(1)))
    with torch.no_grad():
        network(images)
        pooled = activations.pop("pooled")
        projected = projector(pooled)
        logits = {name: fill(nn.Linear(FEATURES, classes), lambda n, i=i: f"omni_heads.{i}.{n}")(projected) for i, (name, classes) in enumerate(heads)}
    return activations, {"pooled.f64": pooled, "projected.f64": projected, **{f"logits.{name}.f64": value for name, value in logits.items()}}


def verify(heads):
    recorded = {name: torch.from_numpy(array.copy()).double() for name, array in load(FOLDER / "formula.safetensors").items() if name == "input" or name.endswith(".f64")}
    _, outputs = run(recorded.pop("input"), heads)
    differences = {name: (outputs[name] - recorded[name]).abs().max().item() for name in recorded}
    print("Largest differences from the original:", differences)
    if set(outputs) != set(recorded) or max(differences.values()) > 1e-12:
        sys.exit("This is not the network that the original is.")


def main(arguments):
    torch.set_num_threads(1)  # Or the order of sums, and with it the last digit, depends on the machine.
    if arguments:
        for name, file in zip(PICTURES, sorted(pathlib.Path(arguments[0]).glob("PhantomTriage/images/*.png"))[6:]):
            Image.open(file).resize((64, 64), Image.BICUBIC).save(FOLDER / name)
    heads = json.loads((FOLDER / "formula.json").read_text())["heads"]
    verify(heads)
    images = torch.stack([published(224, 256, IMAGENET)(rgb(FOLDER / name)) for name in PICTURES])
    activations, outputs = run(images.double(), heads)
    tokens = {f"tokens0_7.stage{i}": activations[f"stage{i}"][:, :8] for i in range(4)}
    save(FOLDER / "phantom.safetensors", {name: value.contiguous().numpy() for name, value in {**outputs, **tokens}.items()})
    summaries = {
        name: {
            "shape": list(value.shape), "mean": value.mean().item(), "std": value.std(unbiased=False).item(),
            "first8": value.flatten()[:8].tolist(), "last8": value.flatten()[-8:].tolist(), "max_abs": value.abs().max().item()}
        for name, value in activations.items()}
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
    (FOLDER / "phantom_run.json").write_text(json.dumps({"pictures": PICTURES, "versions": versions, "activations_float64": summaries}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
