"""The original's steps with its own kind of libraries, one process and thread: images a second of processor time.

    python3 original_steps.py COUNT FILE...
Needs Pillow and numpy. Convert to RGB, resize to 224 (bicubic, as Pillow's default), then for both views: crop, resize, rotate, normalise.
"""
import random
import sys
import time

import numpy as np
from PIL import Image

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def prepare(path):
    picture = np.array(Image.open(path).convert("RGB").resize((224, 224)))
    side = int(224 * random.uniform(0.08, 1) ** 0.5)
    top, left = random.randint(0, 224 - side), random.randint(0, 224 - side)
    angle = random.uniform(-10, 10)
    for kind in (Image.BILINEAR, Image.NEAREST):
        view = Image.fromarray(picture[top:top + side, left:left + side]).resize((224, 224), kind).rotate(angle, kind)
        ((np.asarray(view) / 255.0 - MEAN) / DEVIATION).transpose(2, 0, 1).astype("f4")


count, files = int(sys.argv[1]), sys.argv[2:]
prepare(files[0])
start = time.process_time()
for i in range(count):
    prepare(files[i % len(files)])
print(count / (time.process_time() - start))
