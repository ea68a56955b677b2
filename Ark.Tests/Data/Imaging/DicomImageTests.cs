using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>DICOM images look as pydicom shows them, and what cannot be read is refused by name.</summary>
public sealed class DicomImageTests
{
    private static readonly NetVipsImageDecoder Decoder = new();
    private static readonly string Folder = Fixture.PathOf("Dicom");

    public static TheoryData<string> Fixtures =>
        [.. Directory.EnumerateFiles(Folder, "*.dcm").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void An_image_has_the_greys_that_pydicom_gives_it(string name)
    {
        var expected = File.ReadAllBytes(Path.Combine(Folder, name + ".bin"));

        var image = Decoder.DecodeFile(Path.Combine(Folder, name + ".dcm"));

        Assert.Equal((17, 12, expected.Length / (17 * 12)), (image.Width, image.Height, image.Channels));
        // pydicom rounds colour differences in single precision.
        var tolerance = name == "ybr" ? 1 : 0;
        for (var i = 0; i < expected.Length; i++) Assert.InRange(image.Pixels[i], expected[i] - tolerance, expected[i] + tolerance);
    }

    [Fact]
    public void A_jpeg_inside_is_decoded_and_then_windowed()
    {
        var picture = Encoded.Picture(40, 30, 1);
        var jpeg = Encoded.Jpeg(picture);
        var plain = Decoder.Decode(jpeg, "jpeg");
        var cut = jpeg.Length / 2;
        if (jpeg.Length % 2 == 1) jpeg = [.. jpeg, 0];

        var shown = Decoder.Decode(TestDicom.Grey(30, 40, 8, 8, TestDicom.Jpeg).Fragments(jpeg[..cut], jpeg[cut..]).ToArray(), "a.dcm");
        var inverted = Decoder.Decode(TestDicom.Grey(30, 40, 8, 8, TestDicom.Jpeg, "MONOCHROME1")
            .Text(0x00281050, "DS", "128")
            .Text(0x00281051, "DS", "256")
            .Fragments(jpeg)
            .ToArray(), "b.dcm");

        Assert.Equal(plain.Pixels, shown.Pixels);
        Assert.Equal(plain.Pixels.Select(p => (byte)(255 - p)), inverted.Pixels);
    }

    [Fact]
    public void A_jpeg_inside_that_is_empty_or_none_is_refused_as_part_of_the_dicom_file()
    {
        AssertRefused(TestDicom.Grey(30, 40, 8, 8, TestDicom.Jpeg).Fragments([]).ToArray(), "(7FE0,0010)", "DICOM file is empty");
        AssertRefused(
            TestDicom.Grey(30, 40, 8, 8, TestDicom.Jpeg).Fragments([1, 2, 3, 4]).ToArray(), "(7FE0,0010)", "the JPEG in the DICOM file");
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2.2", "Explicit VR Big Endian")]
    [InlineData("1.2.840.10008.1.2.4.51", "JPEG Extended")]
    [InlineData("1.2.840.10008.1.2.4.70", "JPEG Lossless SV1")]
    [InlineData("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless")]
    [InlineData("1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless")]
    [InlineData("1.2.3.4.5", "1.2.3.4.5")]
    public void Another_transfer_syntax_is_refused_by_name(string syntax, string name) =>
        AssertRefused(
            TestDicom.Grey(1, 1, syntax: syntax).Pixels(0, 0).ToArray(),
            $"a.dcm, tag (0002,0010): the DICOM transfer syntax {name}",
            "unsupported");

    [Fact]
    public void A_preamble_that_looks_like_another_format_misleads_nobody()
    {
        var file = TestDicom.Grey(1, 1).Pixels(0xFF, 0x0F).ToArray();
        new byte[] { 0x49, 0x49, 42, 0, 9, 9, 9, 0 }.CopyTo(file, 0);

        Assert.Equal([255], Decoder.Decode(file, "a.dcm").Pixels);
    }

    [Fact]
    public void Windows_and_rescale_are_found_in_functional_groups()
    {
        var window = new TestDicom().Text(0x00281050, "DS", "100").Text(0x00281051, "DS", "201");
        var rescale = new TestDicom().Text(0x00281052, "DS", "-10").Text(0x00281053, "DS", "2");
        byte[] Body(TestDicom d) => d.ToArray()[(new TestDicom().ToArray().Length)..];
        var groups = new TestDicom()
            .Header(0x00289132, "SQ", uint.MaxValue).Item(0xFFFEE000, uint.MaxValue).Raw(Body(
                window)).Item(0xFFFEE00D, 0).Item(0xFFFEE0DD, 0)
            .Header(0x00289145, "SQ", (uint)Body(rescale).Length + 8).Item(0xFFFEE000, (uint)Body(rescale).Length).Raw(Body(rescale));
        var file = TestDicom.Grey(1, 3).Header(0x52009229, "SQ", uint.MaxValue).Item(0xFFFEE000, (uint)Body(groups).Length).Raw(Body(
            groups)).Item(0xFFFEE0DD, 0)
            .Pixels(5, 0, 55, 0, 200, 0).ToArray();

        // 5, 55 and 200 become 0, 100 and 390; black is at -0.5, white at 199.5.
        Assert.Equal([1, 128, 255], Decoder.Decode(file, "a.dcm").Pixels);
    }

    [Fact]
    public void Nested_sequences_of_any_kind_are_stepped_over()
    {
        var file = TestDicom.Grey(1, 1)
            .Header(0x00400260, "SQ", uint.MaxValue)
            .Item(0xFFFEE000, uint.MaxValue).Header(0x00400275, "SQ", uint.MaxValue).Item(0xFFFEE000, uint.MaxValue).Number(
                0x00280010, 9).Item(0xFFFEE00D, 0).Item(0xFFFEE0DD, 0).Item(0xFFFEE00D, 0)
            .Item(0xFFFEE0DD, 0)
            // A private sequence of unknown type holds elements without types.
            .Header(0x00991010, "UN", uint.MaxValue).Item(0xFFFEE000, uint.MaxValue).Item(0x00280011, 2).Raw(7, 0).Item(0xFFFEE00D, 0).Item(
                0xFFFEE0DD, 0)
            .Pixels(0xFF, 0x0F).ToArray();

        Assert.Equal([255], Decoder.Decode(file, "a.dcm").Pixels);
    }

    [Fact]
    public void Endless_nesting_is_refused()
    {
        var file = TestDicom.Grey(1, 1);
        for (var i = 0; i < 10_000; i++) file.Header(0x00400260, "SQ", uint.MaxValue).Item(0xFFFEE000, uint.MaxValue);
        AssertRefused(file.ToArray(), "nested too deeply");
    }

    [Fact]
    public void Several_frames_are_refused() =>
        AssertRefused(TestDicom.Grey(1, 1).Text(0x00280008, "IS", "2").Pixels(0, 0, 0, 0).ToArray(), "2 frames, expected one");

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0 }, "truncated")]
    [InlineData(new byte[] { 7, 0, 0, 0 }, "segment")]
    public void A_damaged_run_length_frame_is_refused(byte[] start, string problem) =>
        AssertRefused(
            TestDicom.Grey(4, 4, 8, 8, TestDicom.Rle).Fragments([.. start, 64, 0, 0, 0, .. new byte[56], 3, 1, 2]).ToArray(), problem);

    [Fact]
    public void Pixel_limits_hold_before_anything_is_unpacked()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(TestDicom.Grey(60_000, 60_000).Pixels(0, 0).ToArray(), "60000x60000 is above the limit");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void A_damaged_file_is_refused_or_read_and_never_tells_of_the_patient()
    {
        foreach (var name in new[] { "voi_table", "rle16", "implicit", "signed12" })
        {
            var whole = File.ReadAllBytes(Path.Combine(Folder, name + ".dcm"));
            var picture = Decoder.Decode(whole, "whole.dcm").Pixels;
            var random = new RandomStream(5);
            for (var i = 0; i < 600; i++)
            {
                var bytes = i % 2 == 0 ? whole[..random.NextInt32(whole.Length)] : (byte[])whole.Clone();
                if (i % 2 == 1) bytes[random.NextInt32(bytes.Length)] ^= (byte)(1 << random.NextInt32(8));
                try
                {
                    var read = Decoder.Decode(bytes, "a.dcm");
                    // Without the end of a sequence, nothing of the picture is lost.
                    if (i % 2 == 0) Assert.Equal(picture, read.Pixels);
                }
                catch (ArkInputException e)
                {
                    Assert.DoesNotContain("Synthetic", e.Message, StringComparison.OrdinalIgnoreCase);
                    Assert.DoesNotContain("SECRET", e.Message, StringComparison.OrdinalIgnoreCase);
                }
            }
        }
    }

    private static void AssertRefused(byte[] file, params string[] parts)
    {
        var refusal = Assert.Throws<ArkInputException>(() => Decoder.Decode(file, "a.dcm"));
        Assert.StartsWith("a.dcm", refusal.Message, StringComparison.Ordinal);
        foreach (var part in parts) Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fragments_beyond_the_limit_are_refused_and_none_is_kept()
    {
        var file = TestDicom.Grey(8, 8, bits: 8, allocated: 8, syntax: TestDicom.Jpeg)
            .Fragments([.. Enumerable.Repeat(Array.Empty<byte>(), DicomFragments.MaxPieces + 1)]).ToArray();
        var decoder = new NetVipsImageDecoder();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ArkInputException>(() => decoder.Decode(file, "many.dcm"));
        Assert.Contains("too many fragments", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }
}
