using System.IO.Compression;
using System.Text;

namespace Ark.Tests.Data;

public sealed class MedMnistAdapterTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Color_images_and_class_indices_are_read_from_every_npy_version(int version)
    {
        var archive = Archive(
            ("test_images", Npy("|u1", "(2, 2, 1, 3)", [.. Enumerable.Range(0, 12).Select(i => (byte)i)], version: version)),
            ("test_labels", Npy("<i8", "(2, 1)", [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], version: version)));

        var samples = await DataFolder.Read(Dataset(archive, LabelTask.MultiClass, "A", "B", "C"), DatasetSplit.Test);

        Assert.Equal([[0, 0, 1], [1, 0, 0]], samples.Select(s => s.Targets));
        var image = samples[1].Image.Load(new NoDecoder());
        Assert.Equal((1, 2, 3), (image.Width, image.Height, image.Channels));
        Assert.Equal([6, 7, 8, 9, 10, 11], image.Pixels);
        Assert.Equal($"{archive}#test_images[1]", samples[1].Image.Name);
    }

    [Fact]
    public async Task Labels_of_an_unlabeled_set_are_counted_and_not_read()
    {
        var archive = Archive(
            ("train_images", Npy("|u1", "(2, 1, 1)", [5, 6])), ("train_labels", Npy("|u1", "(2, 3)", [9, 9, 9, 9, 9, 9])));
        var samples = await DataFolder.Read(Dataset(archive, LabelTask.Unlabeled));
        Assert.Equal([[5], [6]], samples.Select(s => s.Image.Load(new NoDecoder()).Pixels));
        Assert.All(samples, s => Assert.Empty(s.Targets));
    }

    [Fact]
    public async Task Every_load_gives_pixels_of_its_own()
    {
        var archive = Archive(("train_images", Npy("|u1", "(1, 1, 2)", [5, 6])), ("train_labels", Npy("|u1", "(1,)", [1])));
        var sample = Assert.Single(await DataFolder.Read(Dataset(archive, LabelTask.Binary, "A")));

        sample.Image.Load(new NoDecoder()).Pixels[0] = 99;

        Assert.Equal([5, 6], sample.Image.Load(new NoDecoder()).Pixels);
    }

    [Theory]
    [InlineData("<f2", new byte[] { 0, 0x3C, 0, 0, 0, 0, 0, 0x3C })]
    [InlineData(">f2", new byte[] { 0x3C, 0, 0, 0, 0, 0, 0x3C, 0 })]
    [InlineData("<f4", new byte[] { 0, 0, 0x80, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F })]
    [InlineData("|b1", new byte[] { 1, 0, 0, 1 })]
    [InlineData(">i2", new byte[] { 0, 1, 0, 0, 0, 0, 0, 1 })]
    [InlineData("<u4", new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 })]
    public async Task Labels_of_every_number_type_are_read(string type, byte[] data)
    {
        var archive = Archive(("train_images", Npy("|u1", "(2, 1, 1)", [0, 0])), ("train_labels", Npy(type, "(2, 2)", data)));

        var samples = await DataFolder.Read(Dataset(archive, LabelTask.MultiLabel, "A", "B"));

        Assert.Equal([[1, 0], [0, 1]], samples.Select(s => s.Targets));
    }

    [Theory]
    [InlineData("|u1", "(2, 1, 1)", 2, "|u1", "(2, 3)", 6, "has 3 label(s) a row, expected 1")]
    [InlineData("|u1", "(3, 1, 1)", 3, "|u1", "(2, 1)", 2, "3 images, 2 rows of labels")]
    [InlineData("<f4", "(2, 1, 1)", 8, "|u1", "(2, 1)", 2, "the dtype is not that of images")]
    [InlineData("<i2", "(2, 1, 1)", 4, "|u1", "(2, 1)", 2, "image 0 has a value out of the range 0 to 255")]
    [InlineData("|u1", "(2, 1, 1, 4)", 8, "|u1", "(2, 1)", 2, "expected sides from 1 to 16384 and 1 or 3 channels")]
    [InlineData("|u1", "(2, 0, 1)", 0, "|u1", "(2, 1)", 2, "2 rows without a byte")]
    [InlineData("|u1", "(2, 1, 1)", 3, "|u1", "(2, 1)", 2, "the size does not fit")]
    [InlineData("|u1", "(2, 1, 1)", 1, "|u1", "(2, 1)", 2, "the size does not fit")]
    [InlineData("|u1", "(2, 1, 1)", 2, "|u1", "(0, 1)", 0, "the array is empty")]
    [InlineData("|u1", "(2, 1, 1)", 2, "<f16", "(2, 1)", 32, "the dtype '<f16' is unsupported")]
    [InlineData("|u1", "(2, 1, 1)", 2, "|S1", "(2, 1)", 2, "the dtype is unsupported for labels")]
    [InlineData("|u1", "(2, 1, 1)", 2, "<f1", "(2, 1)", 2, "the dtype '<f1' is unsupported")]
    [InlineData("|u1", "(2, 1, 1)", 2, "|u1", "(99999999999999999999,)", 2, "a length that is too large")]
    [InlineData("|u1", "(2, 1, 1)", 2, "<u8", "(9999999999, 9999999999)", 2, "the shape (9999999999, 9999999999) is too large")]
    [InlineData("|u1", "(2, 1, 1)", 2, "|u1", "(2)", 2, "the shape is no tuple")]
    [InlineData("|u1", "(2, 1, 1)", 2, "|u1", "(1,1,1,1,1,1,1,1,2)", 2, "more than 8 axes")]
    public async Task An_archive_that_does_not_fit_is_refused_with_file_entry_and_problem(
        string imageType, string imageShape, int imageBytes, string labelType, string labelShape, int labelBytes, string problem)
    {
        var archive = Archive(
            ("train_images", Npy(imageType, imageShape, [.. Enumerable.Repeat((byte)1, imageBytes)])),
            ("train_labels", Npy(labelType, labelShape, new byte[labelBytes])));

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(Dataset(archive, LabelTask.Binary, "A")));

        Assert.StartsWith(archive + ", entry 'train_", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), } x")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': 1}")]
    [InlineData("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}")]
    [InlineData("{'descr': '|u1', 'shape': (1,)}")]
    [InlineData("{'descr': '\\x7cu1', 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '|u1' 'fortran_order': False, 'shape': (1,)}")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': [1]}")]
    [InlineData("{")]
    [InlineData("")]
    public async Task A_header_that_is_no_plain_dictionary_is_refused(string header)
    {
        var archive = Archive(("train_labels", Npy("", "", [1], header: header)));

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(Dataset(archive, LabelTask.Binary, "A")));

        Assert.Contains("entry 'train_labels'", e.Message, StringComparison.Ordinal);
        Assert.Contains("header", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<f8", "(1000000000, 0)")]
    [InlineData("|u1", "(1000000000, 0, 3)")]
    public async Task Rows_without_a_byte_are_refused_however_many_the_header_claims(string type, string shape)
    {
        var archive = Archive(("train_images", Npy("|u1", "(1, 2, 2)", new byte[4])), ("train_labels", Npy(type, shape, [])));

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(Dataset(archive, LabelTask.Binary, "A")));

        Assert.Contains("entry 'train_labels': the array has the shape", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public async Task A_changed_byte_is_noticed_by_the_checksum(CompressionLevel level)
    {
        var pixels = new byte[64 * 64];
        var random = new RandomStream(1);
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)random.NextInt32(256);
        var archive = Archive(level, ("train_images", Npy("|u1", "(1, 64, 64)", pixels)), ("train_labels", Npy("|u1", "(1, 1)", [1])));
        var bytes = await File.ReadAllBytesAsync(archive, TestContext.Current.CancellationToken);
        bytes[700] ^= 0x10;
        await File.WriteAllBytesAsync(archive, bytes, TestContext.Current.CancellationToken);

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(Dataset(archive, LabelTask.Binary, "A")));

        Assert.Contains("entry 'train_images'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_is_refused_before_it_is_unpacked()
    {
        var archive = Path.Combine(_folder.Root, "bomb.npz");
        await using (var zip = await ZipFile.OpenAsync(archive, ZipArchiveMode.Create, TestContext.Current.CancellationToken))
        {
            await using (var labels = await zip
                .CreateEntry("train_labels.npy")
                .OpenAsync(TestContext.Current.CancellationToken)) await labels.WriteAsync(
                Npy("|u1", "(70,)", new byte[70]), TestContext.Current.CancellationToken);
            await using var images = await zip
                .CreateEntry("train_images.npy", CompressionLevel.Fastest)
                .OpenAsync(TestContext.Current.CancellationToken);
            await images.WriteAsync(Npy("|u1", "(70, 1000, 1000)", []), TestContext.Current.CancellationToken);
            for (var i = 0; i < 70; i++) await images.WriteAsync(new byte[1_000_000], TestContext.Current.CancellationToken);
        }

        var e = await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(Dataset(archive, LabelTask.Binary, "A")));

        Assert.Contains("over the limit", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_array_and_a_doubled_one_are_named()
    {
        var archive = Archive(
            ("train_labels", Npy("|u1", "(1,)", [1])),
            ("val_images", Npy("|u1", "(1, 1, 1)", [1])),
            ("val_labels", Npy("|u1", "(1,)", [1])),
            ("val_labels", Npy("|u1", "(1,)", [1])));
        var dataset = Dataset(archive, LabelTask.Binary, "A");

        Assert.Contains(
            "entry 'train_images': the entry is missing. The archive has: train_labels, val_images,",
            (await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(dataset))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "entry 'val_labels': the entry is a duplicate",
            (await Assert.ThrowsAsync<ArkInputException>(() => DataFolder.Read(dataset, DatasetSplit.Validation))).Message,
            StringComparison.Ordinal);
    }

    private static DatasetDefinition Dataset(string archive, LabelTask task, params string[] labels) => new()
    {
        Name = "X",
        Adapter = "medmnist",
        DataDirectory = archive,
        TrainList = archive,
        ValidationList = archive,
        TestList = archive,
        Labels = new LabelSchema(task, labels),
    };

    private string Archive(params (string Key, byte[] Bytes)[] arrays) => Archive(CompressionLevel.NoCompression, arrays);

    private string Archive(CompressionLevel level, params (string Key, byte[] Bytes)[] arrays)
    {
        var path = Path.Combine(_folder.Root, Guid.NewGuid().ToString("N") + ".npz");
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (key, bytes) in arrays)
        {
            using var entry = zip.CreateEntry(key + ".npy", level).Open();
            entry.Write(bytes);
        }

        return path;
    }

    private static byte[] Npy(string type, string shape, byte[] data, int version = 1, string? header = null)
    {
        var text = Encoding.Latin1.GetBytes(header ?? $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}\n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text, .. data];
    }
}
