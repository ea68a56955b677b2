"""What the recording scripts share: numpy arrays in safetensors files, for which Debian has no package."""
import json
import struct
import numpy as np

KINDS = {"uint8": "U8", "int64": "I64", "float32": "F32", "float64": "F64"}


def load(path):
    with open(path, "rb") as file:
        raw = file.read()
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    types = {kind: name for name, kind in KINDS.items()}
    return {
        name: np.frombuffer(raw[start:][slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in json.loads(raw[8:start]).items() if name != "__metadata__"}


def save(path, arrays):
    """Writes the arrays in their order."""
    header, offset = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": KINDS[array.dtype.name], "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())
