"""Records what Pillow, torchvision and OpenCV make of phantom pictures: python3 eng/recorded/transforms.py [PHANTOMS]

Writes ops.json and outputs.safetensors in Ark.Tests/Fixtures/07_transforms, for the pictures in its folder images. With PHANTOMS, a folder
that `ark data phantom --out PHANTOMS --count 160 --seed 18` has made, the pictures are made anew first.

The augmentations are the OpenCV calls behind albumentations 1.3, with numbers drawn here. That they are is checked with the values that
albumentations itself recorded: python3 eng/recorded/transforms.py --verify FOLDER, where FOLDER has images, ops.json and outputs.safetensors.
"""
import json
import pathlib
import sys
import cv2
import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional
from arrays import load, save

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Ark.Tests/Fixtures/07_transforms"
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
CHEST = ([0.5056, 0.5056, 0.5056], [0.252, 0.252, 0.252])
FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
INTERPOLATIONS = {"linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}


def make_pictures(phantoms, folder):
    """Pictures of every kind of file that the decoder knows, out of phantom radiographs."""
    folder.mkdir(parents=True, exist_ok=True)
    triage = [np.array(Image.open(f)) for f in sorted(phantoms.glob("PhantomTriage/images/*.png"))[:6]]
    view = [np.array(Image.open(f)) for f in sorted(phantoms.glob("PhantomFindings/images/*.png"))[:4]]
    wall = np.vstack([np.hstack(triage[:3]), np.hstack(triage[3:])])
    colour = np.stack([view[0], view[1], 255 - view[2]], axis=2)
    small = triage[0][40:120, 32:128]
    odd = np.stack([small, triage[1][40:120, 32:128], triage[2][40:120, 32:128]], axis=2)[:, :95]

    Image.fromarray(wall[:320, :448]).save(folder / "gray.png")
    Image.fromarray(colour).save(folder / "rgb.png")
    opacity = np.add.outer(np.arange(90), np.arange(127)).astype(np.uint8)
    Image.fromarray(np.dstack([colour[20:110, :127], opacity])).save(folder / "nonsquare_rgba.png")
    # Pillow cuts what is over 255, so some of it must not be.
    Image.fromarray(small.astype(np.uint16) ** 2 // 40).save(folder / "gray16.png")
    Image.fromarray(odd).quantize(16).save(folder / "palette.png", bits=4)
    Image.fromarray(small).convert("1").save(folder / "onebit.png")
    Image.fromarray(np.dstack([small, 255 - small]), "LA").save(folder / "la.png")
    Image.fromarray(small[:79, :93]).save(folder / "gray.jpg", quality=80)
    Image.fromarray(odd[:79]).save(folder / "color420.jpg", quality=75, subsampling="4:2:0")
    Image.fromarray(odd).save(folder / "color444.jpg", quality=92, subsampling="4:4:4")


def rgb(path):
    return Image.open(path).convert("RGB")


def normalised(pixels):
    """What the data sets of Ark do to pixels, in double."""
    return ((pixels / 255 - np.array(IMAGENET[0])) / np.array(IMAGENET[1])).transpose(2, 0, 1).astype(np.float32)


def crop_and_resize(pixels, x, y, width, height, out_width, out_height, interpolation):
    return cv2.resize(pixels[y:y + height, x:x + width], (out_width, out_height), interpolation=interpolation)


def shift_scale_rotate(pixels, angle, scale, dx, dy, interpolation):
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), angle, scale)
    matrix[0, 2] += dx * width
    matrix[1, 2] += dy * height
    return cv2.warpAffine(pixels, matrix, (width, height), flags=interpolation, borderMode=cv2.BORDER_REFLECT_101)


def brightness_contrast(pixels, alpha, beta):
    table = np.arange(256, dtype=np.float32)
    if alpha != 1:
        table *= alpha
    if beta != 0:
        table += beta * 255
    return cv2.LUT(pixels, np.clip(table, 0, 255).astype(np.uint8))


def gamma_curve(pixels, gamma):
    return cv2.LUT(pixels, (np.arange(0, 256.0 / 255, 1.0 / 255) ** gamma * 255).astype(np.uint8))


def views(pixels, size, events):
    """Student and teacher: the same geometry, of which the teacher takes the nearest pixel; only the student's intensities change."""
    student, teacher = pixels, pixels
    for name, drawn in events:
        if name == "RandomResizedCrop":
            box = (drawn["coords"]["x_min"], drawn["coords"]["y_min"], drawn["crop_width"], drawn["crop_height"], size, size)
            student, teacher = crop_and_resize(student, *box, cv2.INTER_LINEAR), crop_and_resize(teacher, *box, cv2.INTER_NEAREST)
        elif name == "ShiftScaleRotate":
            warp = (drawn["angle"], drawn["scale"], drawn["dx"], drawn["dy"])
            student, teacher = shift_scale_rotate(student, *warp, cv2.INTER_LINEAR), shift_scale_rotate(teacher, *warp, cv2.INTER_NEAREST)
        elif name == "RandomBrightnessContrast":
            student = brightness_contrast(student, drawn["alpha"], drawn["beta"])
        else:
            student = gamma_curve(student, drawn["gamma"])
    return student, teacher


def draw(random, width, height):
    """Numbers in the published ranges; the crop is at least 0.3 of the picture's area."""
    scale = random.uniform(0.3, 1) ** 0.5
    crop_width, crop_height = (max(1, int(side * min(1, scale * random.uniform(0.9, 1.1)))) for side in (width, height))
    x, y = int(random.integers(0, width - crop_width + 1)), int(random.integers(0, height - crop_height + 1))
    coords = {"x_min": x, "y_min": y, "x_max": x + crop_width, "y_max": y + crop_height}
    events = [["RandomResizedCrop", {"crop_height": crop_height, "crop_width": crop_width, "coords": coords}]]
    if random.random() < 0.6:
        events.append(["ShiftScaleRotate", {
            "angle": random.uniform(-10, 10), "scale": random.uniform(0.9, 1.1), "dx": random.uniform(-0.0625, 0.0625), "dy": random.uniform(-0.0625, 0.0625)}])
    kind = random.random()
    if kind < 0.4:
        events.append(["RandomBrightnessContrast", {"alpha": random.uniform(0.8, 1.2), "beta": random.uniform(-0.2, 0.2)}])
    elif kind < 0.7:
        events.append(["RandomGamma", {"gamma": random.uniform(0.8, 1.2)}])
    return events


def item(picture, code, dataset, mode, events=None):
    """One sample as the data sets of Ark and of Ark+ give it; of the 224 x 224 of Ark only every seventh row and column."""
    if code == "Ark+":
        picture = picture.resize((40, 40))
    elif dataset == "ChestXray14":
        picture = picture.resize((224, 224))
    size, before, step = (32, 40, 1) if code == "Ark+" else (224, 256, 7)
    if mode == "valid":
        view = published(size, before, IMAGENET)(picture).numpy()
        return view[:, ::step, ::step], view[:, ::step, ::step]
    student, teacher = views(np.array(picture), size, events)
    if code == "Ark+":
        teacher = np.array(picture.resize((size, size)))
    return [normalised(v)[:, ::step, ::step] for v in (student, teacher)]


def published(size, before, normalisation, crops=transforms.CenterCrop):
    """The published transform for validation, and with ten crops the one for test."""
    normalise = transforms.Normalize(*normalisation) if normalisation else lambda x: x
    finish = transforms.Compose([transforms.ToTensor(), normalise])
    if crops is transforms.TenCrop:
        finish = transforms.Lambda(lambda parts, one=finish: torch.stack([one(p) for p in parts]))
    return transforms.Compose([transforms.Resize((before, before)), crops(size), finish])


class Recorder:
    def __init__(self):
        self.operations, self.outputs = [], {}

    def add(self, name, image, array, **parameters):
        array = np.asarray(array)
        if array.dtype == np.uint8 and array.shape[-1] == 3 and (array == array[..., :1]).all():
            array = array[..., 0]
        self.outputs[name] = np.ascontiguousarray(array)
        self.operations.append({"id": name, "shape": list(array.shape), "dtype": array.dtype.name, "image": image, **parameters})


def record_resampling(record, folder, image):
    picture = rgb(folder / image)
    pixels = np.array(picture)
    height, width = pixels.shape[:2]

    sizes = [("nearest", 40, 56), ("nearest", 97, 31), ("bilinear", 40, 56), ("bilinear", 97, 31), ("bicubic", 40, 56), ("bicubic", 97, 31)]
    if image == "gray.png":
        record.add(f"{image}/pil_resize_default_224", image, picture.resize((224, 224)))
        sizes += [("bilinear", 256, 256), ("bilinear", 224, 224), ("bicubic", 256, 256)]
    else:
        sizes += [("bicubic", 150, 131)]
    for name, w, h in sizes:
        record.add(f"{image}/pil_resize_{name}_{w}x{h}", image, picture.resize((w, h), FILTERS[name]), width=w, height=h, resample=name)

    square = transforms.Resize((64, 64))(picture)
    record.add(f"{image}/tv_resize_64", image, square)
    record.add(f"{image}/tv_resize_shorter_50", image, transforms.Resize(50)(picture))
    record.add(f"{image}/tv_center_crop_33", image, transforms.CenterCrop(33)(square))
    record.add(f"{image}/tv_center_crop_40x51", image, transforms.CenterCrop((40, 51))(square))
    record.add(f"{image}/tv_tencrop_48", image, np.stack([np.array(p) for p in transforms.TenCrop(48)(square)]))
    record.add(f"{image}/hflip", image, functional.hflip(square))

    for name, normalisation in (("imagenet", IMAGENET), ("chestx-ray", CHEST), ("none", None)):
        single = published(32, 40, normalisation)(picture).numpy()
        record.add(f"{image}/ark_{name}_valid_32of40", image, single)
        record.add(f"{image}/ark_{name}_test_noaug_32of40", image, single)
        if (image, name) in (("gray.png", "imagenet"), ("rgb.png", "imagenet"), ("gray.png", "chestx-ray")):
            record.add(f"{image}/ark_{name}_test_32of40", image, published(32, 40, normalisation, transforms.TenCrop)(picture).numpy())

    for y, x, h, w, out_h, out_w in ((5, 9, 40, 52, 64, 64), (0, 0, height, width, 48, 80), (3, 2, 77, 61, 33, 31), (height - 30, width - 20, 30, 20, 64, 64)):
        for name, interpolation in INTERPOLATIONS.items():
            record.add(f"{image}/cv_crop_y{y}_x{x}_{h}x{w}_to_{out_h}x{out_w}_{name}", image, crop_and_resize(pixels, x, y, w, h, out_w, out_h, interpolation),
                       y=y, x=x, crop_h=h, crop_w=w, out_h=out_h, out_w=out_w, interpolation=name)
    base = cv2.resize(pixels, (64, 72), interpolation=cv2.INTER_LINEAR)
    record.add(f"{image}/cv_base72x64", image, base)
    for angle, scale, dx, dy in ((10.0, 1.0, 0.0, 0.0), (-7.3, 1.07, 0.05, -0.03), (0.0, 0.9, -0.0625, 0.0625), (3.25, 0.95, 0.01, 0.06)):
        for name, interpolation in INTERPOLATIONS.items():
            record.add(f"{image}/ssr_a{angle}_s{scale}_dx{dx}_dy{dy}_{name}", image, shift_scale_rotate(base, angle, scale, dx, dy, interpolation),
                       angle=angle, scale=scale, dx=dx, dy=dy, interpolation=name)
    for alpha, beta in ((1.2, 0.1), (0.8, -0.2), (1.0, 0.15), (1.13, 0.0), (0.9371, -0.1234)):
        record.add(f"{image}/bc_{alpha}_{beta}_True", image, brightness_contrast(base, alpha, beta), alpha=alpha, beta=beta, beta_by_max=True)
    for gamma in (0.8, 0.93, 1.0, 1.077, 1.2):
        record.add(f"{image}/gamma_{gamma}", image, gamma_curve(base, gamma), gamma=gamma)


def record_all(folder):
    record = Recorder()
    for file in sorted((folder / "images").iterdir()):
        record.add(f"{file.name}/convert_RGB", file.name, rgb(file), mode=Image.open(file).mode)
    for image in ("gray.png", "rgb.png", "nonsquare_rgba.png"):
        record_resampling(record, folder / "images", image)

    random = np.random.default_rng(18)
    for family, image, size, count in (("pipeline64", "rgb.png", 64, 12), ("pipeline224", "gray.png", 224, 4)):
        pixels = np.array(rgb(folder / "images" / image))
        for i in range(count):
            events = draw(random, pixels.shape[1], pixels.shape[0])
            student, teacher = views(pixels, size, events)
            record.add(f"{family}/{image}/seed{i}/student", image, student, events=events)
            record.add(f"{family}/{image}/seed{i}/teacher", image, teacher)
    for code, suffix in (("Ark", "_stride7"), ("Ark+", "")):
        for dataset, image in (("ChestXray14", "rgb.png"), ("CheXpert", "nonsquare_rgba.png")):
            picture = rgb(folder / "images" / image)
            width, height = (40, 40) if code == "Ark+" else (224, 224) if dataset == "ChestXray14" else picture.size
            events = draw(random, width, height)
            for mode in ("train", "valid"):
                student, teacher = item(picture, code, dataset, mode, events)
                record.add(f"item/{code}/{dataset}/{mode}/student{suffix}", image, student, events=events if mode == "train" else [])
                record.add(f"item/{code}/{dataset}/{mode}/teacher{suffix}", image, teacher)
    return record


def verify(folder):
    """Computes what another recording has, with its own numbers, and counts what differs."""
    recorded, record = load(folder / "outputs.safetensors"), record_all(folder)
    for operation in json.loads((folder / "ops.json").read_text())["ops"]:
        name, events = operation["id"], operation.get("events")
        if not events or "student" not in name:
            continue
        other = name.replace("student", "teacher")
        if name.startswith("item/"):
            _, code, dataset, mode, _ = name.split("/")
            image = "nonsquare_rgba.png" if dataset == "CheXpert" else "rgb.png"
            pair = item(rgb(folder / "images" / image), code, dataset, mode, events)
        else:
            pair = views(np.array(rgb(folder / "images" / operation["image"])), int(name.split("/")[0].removeprefix("pipeline")), events)
        record.add(name, operation["image"], pair[0])
        record.add(other, operation["image"], pair[1])
    common = [name for name in recorded if name in record.outputs]
    differing = [name for name in common if not np.array_equal(recorded[name], record.outputs[name])]
    print(f"{len(common)} of {len(recorded)} recorded arrays computed anew, {len(differing)} differ", *differing, sep="\n")
    return 1 if differing or not common else 0


def main(arguments):
    if arguments[:1] == ["--verify"]:
        return verify(pathlib.Path(arguments[1]))
    if arguments:
        make_pictures(pathlib.Path(arguments[0]), FOLDER / "images")
    record = record_all(FOLDER)
    save(FOLDER / "outputs.safetensors", record.outputs)
    versions = {"numpy": np.__version__, "PIL": PIL.__version__, "torchvision": torchvision.__version__, "opencv": cv2.__version__}
    lines = ",\n  ".join(json.dumps(o) for o in record.operations)
    (FOLDER / "ops.json").write_text(f'{{"versions": {json.dumps(versions)},\n "ops": [\n  {lines}]}}\n')
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
