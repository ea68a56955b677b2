"""Records mask comparisons by scipy: python3 eng/recorded/mask_overlap.py > Ark.Tests/Fixtures/10_segmentation/overlap.json"""
import json
import numpy as np
from scipy import ndimage


def border(mask):
    return mask & ~ndimage.binary_erosion(mask)


def hd95(a, b, spacing):
    if not a.any() or not b.any():
        return None
    to_a, to_b = (ndimage.distance_transform_edt(~border(m), sampling=spacing) for m in (a, b))
    return max(np.percentile(to_b[border(a)], 95), np.percentile(to_a[border(b)], 95))


def record(name, a, b, spacing=(1.0, 1.0)):
    both, total = int((a & b).sum()), int(a.sum() + b.sum())
    return {
        "name": name, "height": a.shape[0], "width": a.shape[1], "spacing": spacing,
        "a": ["".join("#" if v else "." for v in row) for row in a], "b": ["".join("#" if v else "." for v in row) for row in b],
        "dice": 2 * both / total if total else 1.0, "iou": both / (total - both) if total else 1.0, "hd95": hd95(a, b, spacing),
    }


def disc(height, width, y, x, r):
    rows, columns = np.mgrid[:height, :width]
    return (rows - y) ** 2 + (columns - x) ** 2 <= r * r


rng = np.random.default_rng(7)
empty, full = np.zeros((9, 12), bool), np.ones((9, 12), bool)
one, other = empty.copy(), empty.copy()
one[2, 3], other[8, 11] = True, True
cases = [
    record("both empty", empty, empty), record("one empty", empty, one), record("both full", full, full), record("full and one pixel", full, one),
    record("one pixel each", one, other), record("same pixel", one, one), record("one pixel each, spacing", one, other, (0.5, 0.143)),
    record("discs", disc(24, 30, 10, 12, 7), disc(24, 30, 12, 15, 6)), record("discs that touch the edges", disc(20, 20, 0, 0, 9), disc(20, 20, 2, 1, 8), (0.7, 1.3)),
    record("neighbours", disc(16, 16, 8, 3, 3), disc(16, 16, 8, 10, 3)),
]
for i in range(6):
    h, w = rng.integers(1, 25, 2)
    cases.append(record(f"noise {i}", rng.random((h, w)) < 0.3, rng.random((h, w)) < 0.4, (float(rng.random() + 0.1), float(rng.random() + 0.1))))
print(json.dumps(cases, indent=1))
