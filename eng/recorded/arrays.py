"""What the recording scripts share."""
import json
import struct


def save(path, arrays):
    """Writes numpy arrays as safetensors, in their order: that package is not among Debian's."""
    kinds = {"uint8": "U8", "int64": "I64", "float32": "F32", "float64": "F64"}
    header, offset = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": kinds[array.dtype.name], "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())
