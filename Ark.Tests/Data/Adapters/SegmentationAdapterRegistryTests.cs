using System.Buffers.Binary;
using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>Files in the layout of each public dataset, sound and malformed.</summary>
public sealed class SegmentationAdapterRegistryTests : IDisposable
{
    private static readonly NetVipsImageDecoder Decoder = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Jsrt_reads_raw_films_and_the_masks_of_half_their_size()
    {
        WriteRaw("All247images/JPCLN001.IMG", p => p % 4096);
        foreach (var structure in (string[])["left lung", "right lung", "heart", "left clavicle", "right clavicle"])
            WriteMask($"scratch/fold1/masks/{structure}/JPCLN001.png", 1024, 1024, 100, structure == "heart" ? 600 : 20, 50);
        Write("train.txt", "JPCLN001\n");
        var adapter = Adapter("jsrt", ["lungs", "heart", "left_clavicle"]);
        var sample = Assert.Single(await adapter.ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        var image = sample.Image.Load(Decoder);
        Assert.Equal((2048, 2048, 1), (image.Width, image.Height, image.Channels));
        // Twelve bits, low where the body is dense: 0 is white, 4095 is black.
        Assert.Equal([255, 0, 255], [image.Pixels[0], image.Pixels[4095], image.Pixels[4096]]);
        var map = sample.Masks.Load(Decoder, 2048, 2048);
        Assert.Equal(100 * 100, map.Of(0).Count(b => b));
        Assert.Equal(0b101u, map.Pixels[(200 * 2048) + 45]);
        Assert.Equal(0b010u, map.Pixels[(200 * 2048) + 1201]);
        Assert.Equal(0.175, sample.Spacing!.Value.For(2048), 1e-12);
        Assert.Equal(0.35, sample.Spacing!.Value.For(1024), 1e-12);
    }

    [Fact]
    public async Task Jsrt_reads_the_masks_of_SCR_as_they_come()
    {
        WriteImage("JPCLN001.png", 64, 64);
        var mask = new byte[32 * 32];
        for (var y = 10; y < 15; y++) mask.AsSpan((y * 32) + 4, 6).Fill(255);
        File.WriteAllBytes(Place("scratch/fold2/masks/left lung/JPCLN001.gif"), TestGif.Write(32, 32, mask));
        Write("train.txt", "JPCLN001\n");
        var sample = Assert.Single(
            await Adapter("jsrt", ["left_lung"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        var map = sample.Masks.Load(Decoder, 64, 64);
        Assert.Equal(5 * 6 * 4, map.Of(0).Count(b => b));
        Assert.True(map.Of(0)[(20 * 64) + 8] && map.Of(0)[(29 * 64) + 19]);
    }

    [Fact]
    public async Task Jsrt_reads_converted_pictures_by_the_published_names()
    {
        WriteImage("JPCNN002.IMG.png", 64, 64);
        WriteMask("masks/heart/JPCNN002.png", 64, 64, 10, 10, 5);
        Write("train.txt", "JPCNN002.IMG.png\n");
        var sample = Assert.Single(await Adapter("jsrt", ["heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        Assert.Equal(25, sample.Masks.Load(Decoder, 64, 64).Of(0).Count(b => b));
    }

    [Theory]
    [InlineData(2 * 2048 * 2048 - 2)]
    [InlineData(12)]
    public async Task Jsrt_refuses_a_raw_film_of_another_size(int bytes)
    {
        Directory.CreateDirectory(_folder.PathOf("images"));
        await File.WriteAllBytesAsync(_folder.PathOf("images/JPCLN001.IMG"), new byte[bytes], TestContext.Current.CancellationToken);
        WriteMask("masks/heart/JPCLN001.png", 1024, 1024, 10, 10, 5);
        Write("train.txt", "JPCLN001.IMG\n");
        var sample = Assert.Single(await Adapter("jsrt", ["heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        AssertNames(Assert.Throws<ArkInputException>(() => sample.Image.Load(Decoder)), "JPCLN001.IMG", $"{bytes} bytes", "8388608");
    }

    [Fact]
    public async Task Jsrt_refuses_a_raw_film_whose_bytes_are_swapped()
    {
        WriteRaw("JPCLN001.IMG", p => BinaryPrimitives.ReverseEndianness((ushort)(p % 4096)));
        WriteMask("masks/heart/JPCLN001.png", 1024, 1024, 10, 10, 5);
        Write("train.txt", "JPCLN001.IMG\n");
        var sample = Assert.Single(await Adapter("jsrt", ["heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        AssertNames(Assert.Throws<ArkInputException>(() => sample.Image.Load(Decoder)), "JPCLN001.IMG", "big-endian");
    }

    [Fact]
    public async Task Montgomery_joins_the_two_lungs_or_tells_them_apart()
    {
        WriteImage("CXR_png/MCUCXR_0001_0.png", 40, 30);
        WriteMask("ManualMask/leftMask/MCUCXR_0001_0.png", 40, 30, 5, 25, 4);
        WriteMask("ManualMask/rightMask/MCUCXR_0001_0.png", 40, 30, 5, 3, 6);
        Write("train.txt", "MCUCXR_0001_0.png\n");
        var sample = Assert.Single(
            await Adapter("montgomery", ["lungs", "left_lung"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        var map = sample.Masks.Load(Decoder, 40, 30);
        Assert.Equal((16 + 36, 16), (map.Of(0).Count(b => b), map.Of(1).Count(b => b)));
        Assert.Equal(0.0875, sample.Spacing!.Value.For(40), 1e-12);
    }

    [Fact]
    public async Task VinDr_RibCXR_fills_the_outlines_of_ribs()
    {
        WriteImage("train/img/VinDr_RibCXR_train_000.png", 50, 40);
        Write("train.json", RibJson("{\"x\": 5, \"y\": 5}, {\"x\": 15, \"y\": 5}, {\"x\": 15, \"y\": 9.5}, {\"x\": 5, \"y\": 9.5}"));
        var sample = Assert.Single(await Adapter("vindr-ribcxr", ["R1", "L1", "ribs"], "train.json").ReadAsync(
            DatasetSplit.Train, TestContext.Current.CancellationToken));
        var map = sample.Masks.Load(Decoder, 50, 40);
        // Columns 5 to 15, rows 5 to 9.
        Assert.Equal(11 * 5, map.Of(0).Count(b => b));
        Assert.True(map.Of(0)[(5 * 50) + 5] && map.Of(0)[(9 * 50) + 15] && !map.Of(0)[(10 * 50) + 10]);
        Assert.Equal(0, map.Of(1).Count(b => b));
        Assert.Equal(map.Of(0), map.Of(2));
    }

    [Theory]
    [InlineData("{\"x\": 5, \"y\": 5}, {\"x\": 51, \"y\": 5}, {\"x\": 15, \"y\": 9}", "'R1', key '0', point 2", "50x40")]
    [InlineData("{\"x\": 5, \"y\": -1}, {\"x\": 9, \"y\": 5}, {\"x\": 15, \"y\": 9}", "point 1", "outside")]
    public async Task VinDr_RibCXR_refuses_an_outline_that_leaves_the_image(string points, params string[] words)
    {
        WriteImage("train/img/VinDr_RibCXR_train_000.png", 50, 40);
        Write("train.json", RibJson(points));
        var sample = Assert.Single(
            await Adapter("vindr-ribcxr", ["ribs"], "train.json").ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        AssertNames(Assert.Throws<ArkInputException>(() => sample.Masks.Load(Decoder, 50, 40)), ["train.json", .. words]);
    }

    [Theory]
    [InlineData("{\"x\": 5, \"y\": 5}, {\"x\": 9}", "point 2")]
    [InlineData("{\"x\": 5, \"y\": 5}, {\"x\": 9, \"y\": 5}", "2 point(s)")]
    [InlineData("{\"x\": 5, \"y\": 5}, ", "no valid JSON")]
    [InlineData("{\"x\": 5, \"x\": 5, \"y\": 1}", "no valid JSON")]
    public async Task VinDr_RibCXR_refuses_a_malformed_file(string points, string words)
    {
        WriteImage("train/img/VinDr_RibCXR_train_000.png", 50, 40);
        Write("train.json", RibJson(points));
        AssertNames(await Refusal(Adapter("vindr-ribcxr", ["ribs"], "train.json")), "train.json", words);
    }

    [Theory]
    [InlineData("jsrt", "liver")]
    [InlineData("montgomery", "heart")]
    [InlineData("vindr-ribcxr", "R11")]
    public void Unknown_structures_are_refused_by_name_with_those_that_are_known(string adapter, string structure)
    {
        Write("train.txt", "x\n");
        AssertNames(Assert.Throws<ArkInputException>(() => Adapter(adapter, [structure])), structure, "structures", adapter);
    }

    [Fact]
    public async Task A_mask_of_another_size_is_refused_by_name()
    {
        WriteImage("images/a.png", 40, 30);
        WriteMask("masks/heart/a.png", 20, 15, 5, 3, 6);
        Write("train.txt", "a.png\n");
        var sample = Assert.Single(
            await Adapter("mask-folder", ["heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        AssertNames(
            Assert.Throws<ArkInputException>(() => sample.Masks.Load(Decoder, 40, 30)),
            Path.Combine("masks", "heart", "a.png"),
            "20x15",
            "40x30");
    }

    [Theory]
    [InlineData("a.png\nb.png\n", "line 2", "b.png")]
    [InlineData("../a.png\n", "line 1", "outside")]
    [InlineData("c.png\n", "line 1", "masks/heart/c.png")]
    public async Task Lists_that_name_what_is_not_there_are_refused_with_their_line(string list, params string[] words)
    {
        WriteImage("images/a.png", 8, 8);
        WriteImage("images/c.png", 8, 8);
        WriteMask("masks/heart/a.png", 8, 8, 1, 1, 2);
        Write("train.txt", list);
        AssertNames(await Refusal(Adapter("mask-folder", ["heart"])), ["train.txt", .. words]);
    }

    [Fact]
    public async Task Folders_without_lists_are_read_by_split_and_in_order()
    {
        foreach (var split in (string[])["train", "val", "test"])
        {
            for (var i = 0; i < 2; i++)
            {
                WriteImage($"{split}/images/{split}{i}.png", 8, 8);
                WriteMask($"{split}/masks/heart/{split}{i}.png", 8, 8, 1, 1, 2);
            }
        }

        var samples = await Adapter("mask-folder", ["heart"], list: null).ReadAsync(
            DatasetSplit.Validation, TestContext.Current.CancellationToken);
        Assert.Equal(["val0.png", "val1.png"], samples.Select(s => Path.GetFileName(s.Image.Name)));
    }

    [Fact]
    public async Task Lists_name_masks_of_each_structure_or_a_label_map()
    {
        WriteImage("i.png", 8, 6);
        WriteMask("l.png", 8, 6, 1, 1, 3);
        WriteMask("h.png", 8, 6, 2, 2, 2);
        WriteLabels("labels.png", 8, 6, (1, 9), (2, 4), (3, 9));
        Write("train.txt", "i.png,l.png,h.png\ni.png, labels.png\n");
        var samples = await Adapter("mask-list", ["lungs", "heart"], settings: ("values.lungs", "9", "values.heart", "4")).ReadAsync(
            DatasetSplit.Train, TestContext.Current.CancellationToken);
        Assert.Equal([9, 4], Counts(samples[0].Masks.Load(Decoder, 8, 6)));
        Assert.Equal([2, 1], Counts(samples[1].Masks.Load(Decoder, 8, 6)));

        static int[] Counts(StructureMap map) => [.. Enumerable.Range(0, 2).Select(k => map.Of(k).Count(b => b))];
    }

    [Fact]
    public async Task Label_maps_leave_255_out_and_a_structure_may_have_several_values()
    {
        WriteImage("i.png", 8, 6);
        WriteLabels("labels.png", 8, 6, (1, 1), (2, 2), (3, 255), (4, 3));
        Write("train.txt", "i.png,labels.png\n");
        var read = await Adapter("mask-list", ["lungs", "heart"], settings: ("values.lungs", "1+2", "values.heart", "3")).ReadAsync(
            DatasetSplit.Train, TestContext.Current.CancellationToken);
        var map = read[0].Masks.Load(Decoder, 8, 6);
        Assert.Equal([1u, 1u, 0u, 2u], map.Pixels[1..5]);
        Assert.Equal([0u, 0u, uint.MaxValue, 0u], map.Ignored![1..5]);
        Assert.Equal([1f, -2, 3], read[0].Masks.Origin.Single().Values);

        // 255 may be a structure's; then nothing is left out.
        WriteLabels("plain.png", 8, 6, (1, 9), (3, 255));
        Write("train.txt", "i.png,plain.png\n");
        var named = await Adapter("mask-list", ["lungs", "heart"], settings: ("values.lungs", "9", "values.heart", "255")).ReadAsync(
            DatasetSplit.Train, TestContext.Current.CancellationToken);
        map = named[0].Masks.Load(Decoder, 8, 6);
        Assert.Null(map.Ignored);
        Assert.Equal([1u, 0u, 2u], map.Pixels[1..4]);
    }

    [Fact]
    public async Task A_label_map_of_one_structure_without_a_named_value_does_not_leave_255_out_in_silence()
    {
        WriteImage("images/i.png", 8, 6);
        WriteLabels("masks/i.png", 8, 6, (1, 255));
        Write("train.txt", "i.png\n");
        var read = await Adapter("mask-folder", ["heart"], settings: ("mask_path", "masks/{name}", "spacing", "1")).ReadAsync(
            DatasetSplit.Train, TestContext.Current.CancellationToken);
        AssertNames(Assert.Throws<ArkInputException>(() => read[0].Masks.Load(Decoder, 8, 6)), "value 255", "values");
    }

    [Theory]
    [InlineData("1+")]
    [InlineData("1+0")]
    [InlineData("1-2")]
    [InlineData("256")]
    public async Task Values_that_are_none_are_refused_by_name(string value)
    {
        Write("train.txt", "i.png,labels.png\n");
        AssertNames(await Refused(() => Adapter(
            "mask-list", ["lungs", "heart"], settings: ("values.lungs", value, "values.heart", "9"))), "values.lungs", $"'{value}'", "'+'");
        AssertNames(await Refused(() => Adapter(
            "mask-list", ["lungs", "heart"], settings: ("values.lungs", "1+2", "values.heart", "2"))), "values.heart", "'2'", "'lungs'");
    }

    private static async Task<ArkInputException> Refused(Func<ISegmentationAdapter> make) =>
        await Assert.ThrowsAsync<ArkInputException>(() => Task.FromResult(make()));

    [Theory]
    [InlineData("mask-list", @"images\b\a.png,masks\heart\b\a.png")]
    [InlineData("mask-folder", @"b\a.png")]
    public async Task Lists_that_were_made_on_Windows_have_backslashes(string adapter, string list)
    {
        WriteImage("images/b/a.png", 8, 8);
        WriteMask("masks/heart/b/a.png", 8, 8, 1, 1, 2);
        Write("train.txt", list);
        var sample = Assert.Single(await Adapter(adapter, ["heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        Assert.Equal(4, sample.Masks.Load(Decoder, 8, 8).Of(0).Count(b => b));
    }

    [Fact]
    public async Task A_label_map_with_a_value_of_no_structure_is_refused_with_its_pixel()
    {
        WriteImage("i.png", 8, 6);
        WriteLabels("labels.png", 8, 6, (11, 7));
        Write("train.txt", "i.png\tlabels.png\n");
        var sample = Assert.Single(
            await Adapter("mask-list", ["lungs", "heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        AssertNames(Assert.Throws<ArkInputException>(() => sample.Masks.Load(Decoder, 8, 6)), "labels.png", "pixel (3, 1)", "value 7");
    }

    [Fact]
    public async Task A_value_that_is_named_holds_with_one_structure_too()
    {
        WriteImage("i.png", 8, 6);
        WriteLabels("labels.png", 8, 6, (1, 3), (2, 3));
        WriteLabels("others.png", 8, 6, (1, 3), (2, 5));
        Write("train.txt", "i.png\tlabels.png\ni.png\tothers.png\n");
        var samples = await Adapter("mask-list", ["heart"], settings: ("values.heart", "3", "spacing", "1")).ReadAsync(
            DatasetSplit.Train, TestContext.Current.CancellationToken);
        Assert.Equal(2, samples[0].Masks.Load(Decoder, 8, 6).Of(0).Count(b => b));
        AssertNames(Assert.Throws<ArkInputException>(() => samples[1].Masks.Load(Decoder, 8, 6)), "others.png", "value 5");
    }

    [Fact]
    public async Task A_mask_of_sixteen_bits_is_refused_rather_than_read_as_empty()
    {
        WriteImage("i.png", 8, 6);
        byte[] row = [0, 1, 0, 1, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0];
        File.WriteAllBytes(Place("labels.png"), TestPng.Write(8, 6, TestPng.Grey, 16, [.. Enumerable.Repeat(row, 6)]));
        Write("train.txt", "i.png\tlabels.png\n");
        var sample = Assert.Single(
            await Adapter("mask-list", ["lungs", "heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        AssertNames(Assert.Throws<ArkInputException>(() => sample.Masks.Load(Decoder, 8, 6)), "labels.png", "16 bits");
    }

    [Fact]
    public async Task A_mask_of_sixteen_bits_is_refused_as_BigTIFF_too_and_a_DICOM_file_whatever_its_bits()
    {
        WriteImage("i.png", 8, 6);
        using (var wide = NetVips.Image.Black(8, 6).Cast(NetVips.Enums.BandFormat.Ushort)) wide.Tiffsave(Place("big.tif"), bigtiff: true);
        File.WriteAllBytes(Place("mask.dcm"), TestDicom.Grey(6, 8, 8, 8).Element(0x7FE00010, "OB", new byte[48]).ToArray());
        Write("train.txt", "i.png\tbig.tif\ni.png\tmask.dcm\n");
        var samples = await Adapter("mask-list", ["lungs", "heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken);
        AssertNames(Assert.Throws<ArkInputException>(() => samples[0].Masks.Load(Decoder, 8, 6)), "big.tif", "16 bits");
        AssertNames(Assert.Throws<ArkInputException>(() => samples[1].Masks.Load(Decoder, 8, 6)), "mask.dcm", "DICOM", "PNG");
    }

    [Fact]
    public async Task Jsrt_refuses_masks_of_a_quarter_of_the_films_size()
    {
        WriteImage("JPCNN002.png", 64, 64);
        WriteMask("masks/heart/JPCNN002.png", 16, 16, 10, 10, 5);
        Write("train.txt", "JPCNN002\n");
        var sample = Assert.Single(await Adapter("jsrt", ["heart"]).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        AssertNames(Assert.Throws<ArkInputException>(() => sample.Masks.Load(Decoder, 64, 64)), "JPCNN002.png", "16x16", "64x64");
    }

    [Fact]
    public void Two_structures_with_one_value_are_refused_with_both_names()
    {
        Write("train.txt", "x\n");
        AssertNames(Assert.Throws<ArkInputException>(() => Adapter(
            "mask-list", ["lungs", "heart"], settings: ("values.lungs", "9", "values.heart", "9"))), "values.heart", "'9'", "'lungs'");
    }

    [Fact]
    public async Task VinDr_RibCXR_takes_None_for_no_rib_and_refuses_any_other_text()
    {
        WriteImage("train/img/VinDr_RibCXR_train_000.png", 50, 40);
        Write("train.json", RibJson("").Replace("\"None\"", "\"5,5 15,5 15,9\"", StringComparison.Ordinal));
        AssertNames(await Refusal(Adapter("vindr-ribcxr", ["ribs"], "train.json")), "train.json", "key '0'", "no list of points");
        Write("train.json", RibJson(""));
        var sample = Assert.Single(
            await Adapter("vindr-ribcxr", ["ribs"], "train.json").ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        Assert.All(sample.Masks.Load(Decoder, 50, 40).Pixels, p => Assert.Equal(0u, p));
    }

    [Theory]
    [InlineData("labels/{name}", "parts.lungs", "left_lung+right_lung", "{structure}")]
    [InlineData("masks/{structure}/{name}", "values.lungs", "9", "{structure}")]
    public void Settings_that_the_mask_path_leaves_without_effect_are_refused(string path, string setting, string value, string words)
    {
        Write("train.txt", "a.png\n");
        AssertNames(
            Assert.Throws<ArkInputException>(() => Adapter("mask-folder", ["lungs"], settings: ("mask_path", path, setting, value))),
            setting,
            words);
    }

    [Fact]
    public async Task What_lies_beside_the_images_of_a_folder_is_left_alone()
    {
        WriteImage("train/images/a.png", 8, 8);
        WriteMask("train/masks/heart/a.png", 8, 8, 1, 1, 2);
        foreach (var other in (string[])["Thumbs.db", ".DS_Store", "._a.png", "notes.txt"]) Write("train/images/" + other, "x");
        var sample = Assert.Single(
            await Adapter("mask-folder", ["heart"], list: null).ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken));
        Assert.Equal("a.png", Path.GetFileName(sample.Image.Name));
        Write("val/images/notes.txt", "x");
        var error = await Assert.ThrowsAsync<ArkInputException>(() => Adapter("mask-folder", ["heart"], list: null)
            .ReadAsync(DatasetSplit.Validation, TestContext.Current.CancellationToken)
            .AsTask());
        AssertNames(error, Path.Combine("val", "images"), "no images");
    }

    [Fact]
    public void Images_of_a_folder_are_known_by_their_ending_and_DICOM_files_by_their_first_bytes()
    {
        File.WriteAllBytes(Place("scans/IM0001"), TestDicom.Grey(6, 8, 8, 8).Element(0x7FE00010, "OB", new byte[48]).ToArray());
        WriteImage("scans/deep/a.PNG", 8, 6);
        foreach (var other in (string[])["LICENSE", "BMI.txt", "short"])
            Write("scans/" + other, other == "short" ? "" : "BM is how bitmaps begin, and this text too");
        Assert.Equal(["IM0001", "a.PNG"], ImageFolder
            .Enumerate(_folder.PathOf("scans"), recursive: true, cancellationToken: TestContext.Current.CancellationToken)
            .Select(f => Path.GetFileName(f)!)
            .Order(StringComparer.Ordinal));
        Assert.Equal(["IM0001"], ImageFolder
            .Enumerate(_folder.PathOf("scans"), cancellationToken: TestContext.Current.CancellationToken)
            .Select(f => Path.GetFileName(f)!));
    }

    [Fact]
    public async Task A_split_without_a_list_is_left_out_of_the_check_where_others_have_one()
    {
        WriteImage("images/a.png", 8, 8);
        WriteMask("masks/heart/a.png", 8, 8, 1, 1, 2);
        Write("train.txt", "a.png\n");
        var definition = new DatasetDefinition
        {
            Name = "Set",
            Adapter = "mask-folder",
            DataDirectory = _folder.PathOf(""),
            TrainList = _folder.PathOf("train.txt"),
            Labels = new LabelSchema(LabelTask.MultiLabel, ["heart"]),
        };
        var adapter = new SegmentationAdapterRegistry().Create(definition, new NoServices());
        var check = await new DatasetChecker(Decoder).CheckAsync(
            definition, adapter, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([DatasetSplit.Train], check.Splits.Select(s => s.Split));
        Assert.Empty(check.Splits.SelectMany(s => s.Problems));
    }

    [Fact]
    public async Task Masks_are_told_from_others_by_every_file_value_and_outline()
    {
        foreach (var name in (string[])["i.png", "l.png", "h.png", "other.png"]) WriteImage(name, 8, 6);
        async Task<string> Origin(string list, ISegmentationAdapter adapter)
        {
            Write("train.txt", list);
            var samples = await adapter.ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken);
            return string.Join(
                ';', samples.SelectMany(s => s.Masks.Origin).Select(o => $"{Path.GetFileName(o.Name)}:{string.Join(',', o.Values)}"));
        }

        var two = Adapter("mask-list", ["lungs", "heart"]);
        Assert.NotEqual(await Origin("i.png,l.png,h.png\n", two), await Origin("i.png,l.png,other.png\n", two));
        Assert.NotEqual(
            await Origin("i.png,l.png\n", two),
            await Origin("i.png,l.png\n", Adapter("mask-list", ["lungs", "heart"], settings: ("values.lungs", "2", "values.heart", "1"))));
        WriteImage("train/img/VinDr_RibCXR_train_000.png", 50, 40);
        async Task<string> Outline(string points) =>
            string.Join(';', Assert.Single(await Rib(points).ReadAsync(
                DatasetSplit.Train,
                TestContext.Current.CancellationToken)).Masks.Origin.Select(o => $"{o.Name}:{string.Join(',', o.Values)}"));
        Assert.NotEqual(
            await Outline("{\"x\": 5, \"y\": 5}, {\"x\": 9, \"y\": 5}, {\"x\": 9, \"y\": 9}"),
            await Outline("{\"x\": 5, \"y\": 5}, {\"x\": 9, \"y\": 5}, {\"x\": 9, \"y\": 8}"));

        ISegmentationAdapter Rib(string points)
        {
            Write("train.json", RibJson(points));
            return Adapter("vindr-ribcxr", ["ribs"], "train.json");
        }
    }

    [Fact]
    public void Catalogues_describe_segmentation_by_structures_and_pretraining_refuses_it()
    {
        Write("train.txt", "a.png\n");
        Write("c.yaml", "Set:\n  data_dir: .\n  train_list: train.txt\n  val_list: train.txt\n  test_list: train.txt\n  task_type: "
            + "segmentation\n  structures: [lungs, heart]\n");
        var definition = DatasetCatalogue.Load(_folder.PathOf("c.yaml")).Get("Set");
        Assert.Equal(("mask-folder", 2), (definition.Adapter, definition.Labels.Count));
        AssertNames(Assert.Throws<ArkInputException>(() => new DatasetAdapterRegistry().Create(definition)), "c.yaml", "mask-folder");
    }

    private static string RibJson(string points) =>
        "{\"img\": {\"0\": \"data/train/img/VinDr_RibCXR_train_000.png\"}, \"R1\": {\"0\": [" + points + "]}, "
        + string.Join(", ", Enumerable.Range(1, 10).SelectMany(i => new[]
        {
            $"\"R{i}\"",
            $"\"L{i}\""
        }).Where(r => r != "\"R1\"").Select((r, i) => r + (i % 2 == 0 ? ": {\"0\": \"None\"}" : ": {\"0\": null}"))) + "}";

    private ISegmentationAdapter Adapter(
        string name, string[] structures, string? list = "train.txt", (string, string, string, string)? settings = null)
    {
        var path = list is null ? _folder.PathOf("") : _folder.PathOf(list);
        return new SegmentationAdapterRegistry().Create(new DatasetDefinition
        {
            Name = "Set",
            Adapter = name,
            DataDirectory = _folder.PathOf(""),
            TrainList = path,
            ValidationList = path,
            TestList = path,
            Labels = new LabelSchema(LabelTask.MultiLabel, structures),
            Settings = settings is var (a, b, c, d)
                ? new Dictionary<string, string>(StringComparer.Ordinal) { [a] = b, [c] = d }
                : new Dictionary<string, string>(StringComparer.Ordinal),
        }, new NoServices());
    }

    private static async Task<ArkInputException> Refusal(ISegmentationAdapter adapter) =>
        await Assert.ThrowsAsync<ArkInputException>(() => adapter
            .ReadAsync(DatasetSplit.Train, TestContext.Current.CancellationToken)
            .AsTask());

    private static void AssertNames(ArkInputException error, params string[] words)
    {
        Assert.All(words, w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
        Assert.NotNull(error.Hint);
    }

    private string Place(string name)
    {
        var path = _folder.PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private void Write(string name, string text) => File.WriteAllText(Place(name), text);

    private void WriteRaw(string name, Func<int, int> value)
    {
        var raw = new byte[2 * 2048 * 2048];
        for (var i = 0; i < raw.Length / 2; i++) BinaryPrimitives.WriteUInt16BigEndian(raw.AsSpan(2 * i), (ushort)value(i));
        File.WriteAllBytes(Place(name), raw);
    }

    private void WriteImage(string name, int width, int height) =>
        File.WriteAllBytes(Place(name), TestPng.Write8(width, height, TestPng.Grey, TestPng.Noise(width * height, 3)));

    private void WriteMask(string name, int width, int height, int top, int left, int side)
    {
        var pixels = new byte[width * height];
        for (var y = top; y < top + side; y++) pixels.AsSpan((y * width) + left, side).Fill(255);
        File.WriteAllBytes(Place(name), TestPng.Write8(width, height, TestPng.Grey, pixels));
    }

    private void WriteLabels(string name, int width, int height, params (int Pixel, byte Value)[] values)
    {
        var pixels = new byte[width * height];
        foreach (var (pixel, value) in values) pixels[pixel] = value;
        File.WriteAllBytes(Place(name), TestPng.Write8(width, height, TestPng.Grey, pixels));
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
