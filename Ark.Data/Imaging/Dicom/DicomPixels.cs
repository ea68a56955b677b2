namespace Ark.Data;

/// <summary>The layout of a DICOM image's samples, checked.</summary>
internal sealed class DicomPixels
{
    public DicomPixels(DicomDataSet data, DicomEncoding encoding, long mostPixels)
    {
        Height = data.Number(DicomTag.Rows, "rows");
        Width = data.Number(DicomTag.Columns, "columns");
        if (Height == 0 || Width == 0) throw data.Error(DicomTag.Rows, $"the image size {Width}x{Height} is invalid");
        if ((long)Width * Height > mostPixels)
            throw data.Error(
                DicomTag.Rows,
                $"the image is too large: {Width}x{Height} is above the limit of {mostPixels} pixels",
                "Raise MaxPixels if the file is trusted.");
        var frames = data.Decimal(DicomTag.NumberOfFrames) ?? 1;
        if (frames is not (0 or 1))
            throw data.Error(
                DicomTag.NumberOfFrames, $"the DICOM file has {frames:R} frames, expected one", "Split it into single images.");
        Samples = data.Number(DicomTag.SamplesPerPixel, "samples per pixel", 1);
        Allocated = data.Number(DicomTag.BitsAllocated, "bits allocated");
        Stored = data.Number(DicomTag.BitsStored, "bits stored", Allocated);
        IsSigned = data.Number(DicomTag.PixelRepresentation, "pixel representation", 0) == 1;
        Photometric = data.Text(DicomTag.Photometric);
        IsPlanar = data.Number(DicomTag.PlanarConfiguration, "planar configuration", 0) == 1;
        if (Allocated is not (8 or 16))
            throw data.Error(DicomTag.BitsAllocated, $"{Allocated} bits allocated are unsupported", "Convert it to 8 or 16 bits.");
        if (Stored < 1 || Stored > Allocated)
            throw data.Error(DicomTag.BitsStored, $"{Stored} bits stored of {Allocated} allocated are invalid");
        var high = data.Number(DicomTag.HighBit, "high bit", Stored - 1);
        if (high < Stored - 1 || high >= Allocated)
            throw data.Error(DicomTag.HighBit, $"the high bit {high} is invalid for {Stored} of {Allocated} bits");
        Shift = high + 1 - Stored;
        CheckColor(data, encoding);
    }

    public int Width { get; }

    public int Height { get; }

    public int Samples { get; }

    public int Allocated { get; }

    public int Stored { get; }

    public int Shift { get; }

    public bool IsSigned { get; }

    public bool IsPlanar { get; }

    public string Photometric { get; }

    public bool IsGray => Samples == 1;

    public int BytesPerSample => Allocated / 8;

    public int Count => Width * Height;

    private void CheckColor(DicomDataSet data, DicomEncoding encoding)
    {
        var known = (Samples, Photometric, encoding) switch
        {
            (1, "MONOCHROME1" or "MONOCHROME2", _) => true,
            (3, "RGB", DicomEncoding.Native or DicomEncoding.RunLength) => Allocated == 8 && Stored == 8 && !IsSigned,
            (3, "YBR_FULL", DicomEncoding.Native or DicomEncoding.RunLength) => Allocated == 8 && Stored == 8 && !IsSigned,
            // A JPEG says itself how its colours are coded: RGB over it means what it is decoded to.
            (3, "YBR_FULL_422" or "YBR_FULL" or "RGB", DicomEncoding.Jpeg) => true,
            _ => false,
        };
        // The word comes out of the file: only what looks like a defined term is repeated.
        var word = Photometric.Length <= 16 && Photometric.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ' ')
            ? Photometric
            : "of another kind";
        if (!known)
            throw data.Error(
                DicomTag.Photometric,
                $"the DICOM photometric interpretation '{word}' with {Samples} sample(s) of {Allocated} bits per pixel is unsupported",
                "Convert it to MONOCHROME2 or 8-bit RGB.");
        if (encoding == DicomEncoding.Jpeg && Allocated != 8)
            throw data.Error(DicomTag.BitsAllocated, "a JPEG baseline image of more than 8 bits is invalid");
    }
}
