using System.Text.Json;

namespace Ark.Tests.Cli;

/// <summary><c>ark data check</c> reports everything and ends with 2 when something is wrong.</summary>
public sealed class DataCheckCommandTests : IDisposable
{
    private readonly DataFolder _folder = new();
    private readonly string _catalogue;

    public DataCheckCommandTests()
    {
        Directory.CreateDirectory(_folder.Images);
        for (var i = 0; i < 3; i++)
            File.WriteAllBytes(Path.Combine(_folder.Images, $"{i}.png"), TestPng.Write8(2, 1, TestPng.Grey, [(byte)i, 200]));
        _folder.Write("train.txt", "0.png 0\n1.png 1\n");
        _folder.Write("test.txt", "2.png 1\n");
        _catalogue = _folder.Write("ark.yaml", """
            Set:
              data_dir: images
              train_list: train.txt
              test_list: test.txt
              diseases: [A]
              task_type: binary classification
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sound_catalogue_ends_with_0()
    {
        var run = await CommandLineRun.Of("data", "check", "--config", _catalogue);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Nothing is wrong.", run.Out, StringComparison.Ordinal);
        Assert.Contains("checked Set: 3 images decoded, 0 problem(s)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Problems_end_with_2_and_are_in_the_json_with_file_and_line()
    {
        _folder.Write("train.txt", "0.png 0\ngone.png 1\n1.png 7\n");
        File.WriteAllText(Path.Combine(_folder.Images, "2.png"), "no picture");
        var json = Path.Combine(_folder.Root, "report.json");

        var run = await CommandLineRun.Of("data", "check", "--config", _catalogue, "--json", json, "--quiet");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("train.txt, line 2: the image 'gone.png' was not found", run.Out, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken));
        var splits = report.RootElement.GetProperty("datasets")[0].GetProperty("splits");
        Assert.Equal("train", splits[0].GetProperty("name").GetString());
        Assert.Equal((3, 1, 0), (
            splits[0].GetProperty("images").GetInt32(),
            splits[0].GetProperty("missing").GetInt32(),
            splits[0].GetProperty("unreadable").GetInt32()));
        Assert.Equal([2, 3], splits[0].GetProperty("problems").EnumerateArray().Select(p => p.GetProperty("line").GetInt32()));
        Assert.Equal(1, splits[1].GetProperty("unreadable").GetInt32());
        Assert.EndsWith("test.txt", splits[1].GetProperty("problems")[0].GetProperty("file").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dataset_that_this_machine_lacks_is_a_problem_and_the_others_are_checked()
    {
        await File.AppendAllTextAsync(
            _catalogue,
            "\nElsewhere:\n  data_dir: nowhere\n  train_list: train.txt\n  diseases: [A]\n  task_type: binary classification\n",
            TestContext.Current.CancellationToken);

        var run = await CommandLineRun.Of("data", "check", "--config", _catalogue, "--quiet");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("the folder", run.Out, StringComparison.Ordinal);
        Assert.Contains("Set train: A 1 (50.0%)", run.Out.Replace("50.0 %", "50.0%", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(0, (await CommandLineRun.Of("data", "check", "--config", _catalogue, "--datasets", "Set")).ExitCode);
    }

    [Theory]
    [InlineData("--limit", "0", "option '--limit'")]
    [InlineData("--datasets", "Sett", "the dataset 'Sett' is unknown")]
    public async Task A_wrong_option_is_refused(string option, string value, string problem) =>
        (await CommandLineRun.Of("data", "check", "--config", _catalogue, option, value)).AssertRefused(problem);
}
