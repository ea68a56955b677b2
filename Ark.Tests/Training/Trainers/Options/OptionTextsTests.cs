using Ark.Training;

namespace Ark.Tests.Training;

/// <summary>Numbers that no option should be: each is refused by name, or harmless.</summary>
public class OptionTextsTests
{
    private static readonly string[] Wild =
        ["1e30", "-1e30", "-1", "nan", "inf", "-inf", "1e-320", "99999999999999999999", "2147483647", "-2147483648", "0"];

    [Fact]
    public void Every_number_of_a_training_is_refused_by_name_or_within_its_range() => RefuseWildNumbers(OptionTables.Training, _ => { });

    [Fact]
    public void Every_number_of_a_segmentation_is_refused_by_name_or_within_its_range() =>
        RefuseWildNumbers(OptionTables.Segmentation, _ => { });

    [Fact]
    public void Every_number_of_a_fine_tuning_is_refused_by_name_or_within_its_range() =>
        RefuseWildNumbers(OptionTables.FineTuning, o => o.Architecture = "swin_mini");

    [Theory]
    [InlineData("pretrain", "training options, --lr")]
    [InlineData("finetune", "fine-tuning options, --lr")]
    [InlineData("segment train", "segmentation options, --lr")]
    public async Task A_rate_beyond_all_range_is_wrong_usage(string command, string name)
    {
        using var folder = new TemporaryFolder();
        var catalogue = folder.Write("c.yaml",
            "noise:\n  data_dir: .\n  train_list: t.txt\n  val_list: t.txt\n  test_list: t.txt\n  diseases: [Odd]\n"
            + "  task_type: binary classification\n");
        folder.Write("t.txt", "a.png 0\n");
        string[] more = command == "finetune" ? ["--dataset", "noise", "--model", "swin_mini"] : [];
        (await CommandLineRun.Of([.. command.Split(' '), "--config", catalogue, .. more, "--lr", "1e30", "--out", folder.PathOf("run")]))
            .AssertRefused(name, "0 and 1000");
    }

    [Theory]
    [InlineData("cpu", "0", true)]
    [InlineData("cuda:1", "0", true)]
    [InlineData("cuda:1", "1", false)]
    [InlineData("cuda", "1", false)]
    public void Device_and_its_published_name_must_agree(string device, string gpu, bool refused)
    {
        var table = OptionTables.Training;
        var (one, other) = (table.Text("device", device, "command line", "option '--device'"),
            table.Text("GPU", gpu, "command line", "option '--GPU'"));
        TrainingOptions Create() => OptionTexts.Create(table, [one, other]);
        if (refused)
            Assert.Contains("'--GPU': says cuda:" + gpu, Assert.Throws<ArkInputException>(Create).Message, StringComparison.Ordinal);
        else Assert.Equal("cuda:" + gpu, Create().Device);
        // A catalogue's is overridden, as all that it sets is.
        Assert.Equal("cuda:" + gpu, OptionTexts.Create(table, [table.Text("device", device, "a.yaml", "line 2"), other]).Device);
    }

    private static void RefuseWildNumbers<T>(OptionTable<T> table, Action<T> prepare)
        where T : OptimizationOptions, new()
    {
        foreach (var row in table.Where(r => r.ValueName is "N" or "X" or "B1,B2"))
        {
            foreach (var value in Wild.Select(v => row.ValueName == "B1,B2" ? $"{v},0.9" : v))
            {
                var options = new T();
                prepare(options);
                try
                {
                    OptionTexts.Apply(options, [table.Text(row.Name, value, "command line", $"option '--{row.Name}'")]);
                }
                catch (ArkInputException e)
                {
                    Assert.Contains($"option '--{row.Name}'", e.Message, StringComparison.Ordinal);
                    continue;
                }

                try
                {
                    options.Validate();
                    Assert.DoesNotContain("E+30", row.Format(options) ?? "", StringComparison.Ordinal);
                }
                catch (ArkInputException e)
                {
                    // A schedule's ends and length are checked against each other.
                    string[] names = [row.Property!, .. row.Property is "LearningRate" ? ["MinimumLearningRate"] : (string[])[],
                        .. row.Property is "Epochs" or "ScheduleEpochs" ? ["WarmupEpochs"] : (string[])[]];
                    Assert.Contains(e.Place, names.Select(n => $"'{n}'"));
                    Assert.DoesNotContain("--", e.Message, StringComparison.Ordinal);
                }
            }
        }
    }
}
