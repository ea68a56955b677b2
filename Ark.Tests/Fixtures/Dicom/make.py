"""Writes the DICOM fixtures and, with pydicom's own pixel handling, what they look like at 8 bits.

Synthetic pictures only. Needs pydicom 2.3 and numpy:  python3 make.py
Each NAME.dcm has a NAME.bin beside it: rows x columns (x 3 for colour) bytes, what pydicom's apply_modality_lut, apply_voi_lut and
MONOCHROME1 give, spread from the range that pydicom documents for them to 0..255.
"""
import sys

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixel_data_handlers.util import apply_modality_lut, apply_voi_lut, convert_color_space
from pydicom.sequence import Sequence
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless)

ROWS, COLUMNS = 12, 17


def picture(bits, signed):
    """A ramp over the whole range with some texture."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    span = (1 << bits) - 1
    value = ((y * COLUMNS + x) * span // (ROWS * COLUMNS - 1) + (x * y) % 5).clip(0, span)
    return value - (1 << (bits - 1)) if signed else value


def dataset(syntax, bits=12, allocated=16, signed=False, photometric="MONOCHROME2", high=None):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = syntax
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.is_little_endian, ds.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
    ds.Modality = "DX"
    ds.PatientName = "Synthetic^Phantom"
    ds.PatientID = "SECRET-ID"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = ROWS, COLUMNS, 1, photometric
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = allocated, bits, bits - 1 if high is None else high
    ds.PixelRepresentation = int(signed)
    return ds


def fill(ds, values):
    shift = ds.HighBit + 1 - ds.BitsStored
    raw = (values.astype(np.int64) & ((1 << ds.BitsStored) - 1)) << shift
    ds.PixelData = raw.astype("<u1" if ds.BitsAllocated == 8 else "<u2").tobytes()
    if len(ds.PixelData) % 2:
        ds.PixelData += b"\0"
    ds["PixelData"].VR = "OB" if ds.BitsAllocated == 8 else "OW"


def lut(entries, first, bits, signed=False):
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item["LUTDescriptor"].VR = "SS" if signed else "US"
    item.LUTData = np.asarray(entries, "<u2").tobytes()
    item["LUTData"].VR = "OW"
    return Sequence([item])


def grey(ds, values):
    """pydicom's reading, from its own output range to 0..255."""
    array = apply_modality_lut(values.astype(np.int32), ds)
    if "ModalityLUTSequence" in ds:
        low, high = 0.0, float(2 ** int(ds.ModalityLUTSequence[0].LUTDescriptor[2]) - 1)
    else:
        ends = (-(1 << (ds.BitsStored - 1)), (1 << (ds.BitsStored - 1)) - 1) if ds.PixelRepresentation else (0, (1 << ds.BitsStored) - 1)
        ends = [e * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0)) for e in ends]
        low, high = min(ends), max(ends)
    if "VOILUTSequence" in ds:
        low, high = 0.0, float(2 ** int(ds.VOILUTSequence[0].LUTDescriptor[2]) - 1)
        array = apply_voi_lut(array.astype(np.int32), ds)
    else:
        array = apply_voi_lut(array, ds)
    light = np.rint(255 * ((array.astype(np.float64) - low) / (high - low)).clip(0, 1)).astype(np.uint8)
    return 255 - light if ds.PhotometricInterpretation == "MONOCHROME1" else light


def write(name, ds, expected):
    pydicom.dcmwrite(name + ".dcm", ds, write_like_original=False)
    with open(name + ".bin", "wb") as file:
        file.write(expected.tobytes())


def case(name, syntax=ExplicitVRLittleEndian, bits=12, allocated=16, signed=False, photometric="MONOCHROME2", high=None, change=None):
    ds = dataset(syntax, bits, allocated, signed, photometric, high)
    values = picture(bits, signed)
    if change:
        change(ds)
    fill(ds, values)
    if syntax == RLELossless:
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.compress(RLELossless, values.astype("<u1" if allocated == 8 else "<u2"), encoding_plugin="pydicom")
    write(name, ds, grey(ds, values))


def put(**attributes):
    def change(ds):
        for key, value in attributes.items():
            setattr(ds, key, value)
    return change


case("plain")
case("implicit", ImplicitVRLittleEndian, change=put(WindowCenter=2000, WindowWidth=1500))
case("deflated", DeflatedExplicitVRLittleEndian, change=put(WindowCenter=[1200, 40], WindowWidth=[900, 80]))
case("rle16", RLELossless, change=put(WindowCenter=2047.5, WindowWidth=3000.5))
case("rle8", RLELossless, bits=8, allocated=8)
case("bits8", bits=8, allocated=8, change=put(WindowCenter=100, WindowWidth=1))
case("bits10_high", bits=10, high=13, photometric="MONOCHROME1")
case("bits16", bits=16)
case("signed16", bits=16, signed=True, change=put(WindowCenter=-300, WindowWidth=20000))
case("signed12", bits=12, signed=True, change=put(RescaleSlope="2.5", RescaleIntercept="-1024", WindowCenter=-100, WindowWidth=4000))
case("rescale_only", change=put(RescaleSlope="0.5", RescaleIntercept="100"))
case("exact", change=put(WindowCenter=2000, WindowWidth=0.5, VOILUTFunction="LINEAR_EXACT"))
case("sigmoid", change=put(WindowCenter=2000, WindowWidth=800, VOILUTFunction="SIGMOID"))
case("mono1_window", photometric="MONOCHROME1", change=put(WindowCenter=1500, WindowWidth=2500))
# pydicom 2.3 keeps the index into an 8-bit table in 8 bits, so only short ones tell anything.
case("voi_table", bits=8, allocated=8, change=put(VOILUTSequence=lut([int(255 * (i / 199) ** 0.6) for i in range(200)], 30, 8)))
case("voi_table10", change=put(VOILUTSequence=lut([int(1023 * (i / 2999) ** 0.6) for i in range(3000)], 500, 10)))
case("voi_table16", photometric="MONOCHROME1", change=put(VOILUTSequence=lut([65535 - i * 15 for i in range(4096)], 0, 16)))
case("voi_table_signed", signed=True, change=put(VOILUTSequence=lut([i for i in range(4096)], -2048, 12, signed=True)))
case("modality_table", change=put(ModalityLUTSequence=lut([i * i // 256 for i in range(4096)], 0, 16), WindowCenter=20000, WindowWidth=30000))

y, x = np.mgrid[0:ROWS, 0:COLUMNS]
rgb = np.stack([(x * 13) % 256, (y * 19) % 256, (x * y * 3) % 256], -1).astype(np.uint8)
for name, photometric, planar in (("rgb", "RGB", 0), ("rgb_planar", "RGB", 1), ("ybr", "YBR_FULL", 0)):
    ds = dataset(ExplicitVRLittleEndian, 8, 8, photometric=photometric)
    ds.SamplesPerPixel, ds.PlanarConfiguration = 3, planar
    stored = rgb.transpose(2, 0, 1) if planar else rgb
    ds.PixelData = np.ascontiguousarray(stored).tobytes()
    ds["PixelData"].VR = "OB"
    write(name, ds, convert_color_space(rgb, "YBR_FULL", "RGB") if photometric == "YBR_FULL" else rgb)
