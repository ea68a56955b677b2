"""Writes small copies of checkpoints with PyTorch: python3 eng/recorded/checkpoints.py REFERENCE

REFERENCE is a folder with checkpoints of small models that the original wrote. Every copy, in Ark.Tests/Fixtures/09_checkpoints/trimmed, has
all the keys and the nesting of its file, and of each tensor a corner. Beside it lie the weights that a reader must find in it.
"""
import pathlib
import sys
import torch
from arrays import save

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Ark.Tests/Fixtures/09_checkpoints/trimmed"
EDGE = 3
FILES = (
    "01_swin_tiny/a_img64_w8_d24/weights.pth", "01_swin_tiny/b_img56_w7_d16/weights.pth", "01_swin_tiny/c_rect_ape_nobias/weights.pth",
    "02_ark_tiny/none/checkpoint.pth.tar", "02_ark_tiny/linear/checkpoint.pth.tar", "02_ark_tiny/mlp_identity_head/checkpoint.pth.tar",
    "02_ark_tiny/mlp/checkpoint_dataparallel.pth.tar", "02_ark_tiny/mlp/teacher_module_state_dict.pth.tar")


def trim(value):
    if isinstance(value, torch.Tensor):
        return value[(slice(EDGE),) * value.dim()].clone()
    if isinstance(value, dict):
        copy = type(value)((key, trim(inner)) for key, inner in value.items())
        if hasattr(value, "_metadata"):
            copy._metadata = value._metadata
        return copy
    if isinstance(value, (list, tuple)):
        return type(value)(trim(inner) for inner in value)
    return value


def weights(tree):
    for key in ("teacher", "state_dict"):
        if key in tree:
            tree = tree[key]
            break
    return {name.removeprefix("module."): tensor.numpy() for name, tensor in tree.items()}


for name in FILES:
    copy = trim(torch.load(pathlib.Path(sys.argv[1]) / name, map_location="cpu"))
    target = FOLDER / name
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.save(copy, target)
    save(f"{target}.safetensors", weights(copy))
