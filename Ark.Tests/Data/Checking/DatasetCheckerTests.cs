using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>A check goes to the end of every list and names each thing that is wrong by file and line.</summary>
public sealed class DatasetCheckerTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public DatasetCheckerTests()
    {
        for (var i = 0; i < 6; i++) Add($"p{i}_a.png", (byte)i);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sound_dataset_is_counted()
    {
        var check = await Check("p0_a.png 0 1\np1_a.png 1 0\n", "p2_a.png 1 1\n", "p3_a.png 0 0\n");

        Assert.True(check.IsSound);
        var train = check.Splits[0];
        Assert.Equal((2, 0, 0, 2, 0), (train.Images, train.Missing, train.Unreadable, train.Decoded, train.Duplicates));
        Assert.Equal([new LabelCount("A", 1, 1, 0), new LabelCount("B", 1, 1, 0)], train.Labels);
        Assert.Equal(0.5, train.Labels[0].Prevalence);
        // Half of the pixels of each picture are 200, half its number.
        Assert.Equal((200 + 200 + 0 + 1) / 4.0, train.Mean!.Value, 1e-9);
        Assert.Equal(2, train.Patients);
    }

    [Fact]
    public async Task Every_bad_row_and_image_is_named_by_its_line()
    {
        File.WriteAllText(Path.Combine(_folder.Images, "p4_a.png"), "no picture");
        var check = await Check(
            "gone.png 0 1\np0_a.png 0 2\np1_a.png 0\np4_a.png 0 1\np5_a.png 1 1\n../x.png 0 0\n", "p2_a.png 1 1\n", "p3_a.png 0 0\n");

        var train = check.Splits[0];
        Assert.False(check.IsSound);
        Assert.Equal((6, 1, 1), (train.Images, train.Missing, train.Unreadable));
        Assert.Equal([1, 2, 3, 6, 4], train.Problems.Select(p => p.Line));
        Assert.All(train.Problems, p => Assert.EndsWith("train.txt", p.File, StringComparison.Ordinal));
        Assert.Contains("was not found", train.Problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("p4_a.png: is not an image", train.Problems[4].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Equal_images_and_patients_in_two_splits_are_problems_of_the_later_one()
    {
        File.Copy(Path.Combine(_folder.Images, "p0_a.png"), Path.Combine(_folder.Images, "p9_b.png"));
        Add("p1_b.png", 77);
        var check = await Check("p0_a.png 0 1\np1_a.png 1 0\n", "p2_a.png 1 1\np9_b.png 0 1\n", "p3_a.png 0 0\np1_b.png 0 0\n");

        Assert.Empty(check.Splits[0].Problems);
        var image = Assert.Single(check.Splits[1].Problems);
        Assert.Equal((2L, 1), (image.Line, check.Splits[1].SharedImages));
        Assert.Contains("same bytes as line 1 of the split train", image.Message, StringComparison.Ordinal);
        var patient = Assert.Single(check.Splits[2].Problems);
        Assert.Equal(2, patient.Line);
        Assert.Contains("also in line 2 of the split train", patient.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("p1", patient.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Equal_images_in_a_split_are_a_warning_and_with_other_labels_a_problem()
    {
        File.Copy(Path.Combine(_folder.Images, "p0_a.png"), Path.Combine(_folder.Images, "p0_b.png"));
        File.Copy(Path.Combine(_folder.Images, "p0_a.png"), Path.Combine(_folder.Images, "p0_c.png"));
        var train = (await Check("p0_a.png 0 1\np0_b.png 0 1\np0_c.png 1 1\n", "p2_a.png 1 1\n", "p3_a.png 0 0\n")).Splits[0];

        Assert.Equal(2, train.Duplicates);
        Assert.Contains(train.Warnings, w => w.Line == 2 && w.Message.Contains("same bytes", StringComparison.Ordinal));
        Assert.Equal(3, Assert.Single(train.Problems).Line);
    }

    [Fact]
    public async Task The_same_list_for_two_splits_is_one_warning()
    {
        var train = _folder.Write("train.txt", "p0_a.png 0 1\np1_a.png 1 0\n");
        var definition = Definition(train) with { ValidationList = train, TestList = train };

        var check = await Run(definition);

        Assert.True(check.IsSound);
        Assert.All(
            check.Splits.Skip(1), s => Assert.Contains(s.Warnings, w => w.Message.Contains("the same list", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_list_that_cannot_be_read_is_a_problem_of_its_split()
    {
        var check = await Check("p0_a.png 0 1\n", "", "p3_a.png 0 0\n");

        Assert.Equal((0, 1), (check.Splits[1].Images, check.Splits[1].Problems.Count));
        Assert.Contains("the list is empty", check.Splits[1].Problems[0].Message, StringComparison.Ordinal);
        Assert.Empty(check.Splits[2].Problems);
    }

    [Theory]
    [InlineData(true, 90, "look inverted")]
    [InlineData(false, 90, null)]
    [InlineData(false, 2, "normalised already")]
    public async Task A_dataset_that_looks_inverted_or_normalized_is_a_warning(bool inverted, int contrast, string? warning)
    {
        var list = "";
        for (var i = 0; i < 25; i++)
        {
            var pixels = new byte[64 * 64];
            for (var p = 0; p < pixels.Length; p++)
            {
                var middle = p % 64 is > 24 and < 40;
                pixels[p] = (byte)(100 + (middle != inverted ? contrast : 0) + (p * 7 % 13) + (p == i ? 1 : 0));
            }

            File.WriteAllBytes(Path.Combine(_folder.Images, $"x{i}.png"), TestPng.Write8(64, 64, TestPng.Grey, pixels));
            list += $"x{i}.png 0 1\n";
        }

        var train = (await Check(list, "p2_a.png 1 1\n", "p3_a.png 0 0\n")).Splits[0];

        Assert.Equal(warning is not null, train.Warnings.Any(w => w.Message.Contains(warning ?? "look", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_limit_decodes_the_first_images_and_still_reads_the_list()
    {
        var definition = Definition(_folder.Write("train.txt", "p0_a.png 0 1\np1_a.png 1 0\ngone.png 0 0\n"));

        var train = (await Run(definition, new DatasetCheckOptions { Limit = 1 })).Splits[0];

        Assert.Equal((3, 1, 1), (train.Images, train.Decoded, train.Missing));
    }

    [Fact]
    public async Task A_cancelled_check_ends()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var definition = Definition(_folder.Write("train.txt", "p0_a.png 0 1\n"));
        var adapter = new DatasetAdapterRegistry().Create(definition);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new DatasetChecker(new NetVipsImageDecoder()).CheckAsync(
            definition, adapter, cancellationToken: cancelled.Token));
    }

    private void Add(string name, byte number)
    {
        Directory.CreateDirectory(_folder.Images);
        File.WriteAllBytes(Path.Combine(_folder.Images, name), TestPng.Write8(2, 1, TestPng.Grey, [number, 200]));
    }

    private Task<DatasetCheck> Check(string train, string validation, string test) => Run(Definition(_folder.Write("train.txt", train)) with
    {
        ValidationList = _folder.Write("val.txt", validation),
        TestList = _folder.Write("test.txt", test),
    });

    private DatasetDefinition Definition(string train) =>
        _folder.Definition("image-list", train, LabelTask.MultiLabel, ["A", "B"], ("patient_pattern", "^(p[0-9]+)_"));

    private static Task<DatasetCheck> Run(DatasetDefinition definition, DatasetCheckOptions? options = null) =>
        new DatasetChecker(new NetVipsImageDecoder()).CheckAsync(
            definition, new DatasetAdapterRegistry().Create(definition), options, cancellationToken: TestContext.Current.CancellationToken);
}
