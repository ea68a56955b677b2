using System.Reflection;
using Ark.Tests.Cli;
using Ark.Training;

namespace Ark.Tests.Training;

/// <summary>Numbers that no option should be: each is refused by name, or harmless.</summary>
public class NumericOptionTests
{
    private static readonly string[] Wild = ["1e30", "-1e30", "-1", "nan", "inf", "-inf", "1e-320", "99999999999999999999", "2147483647", "-2147483648", "0"];

    [Fact]
    public void Every_number_of_a_training_is_refused_by_name_or_within_its_range()
    {
        foreach (var setting in TrainingSettings.All.Where(s => s.ValueName is "N" or "X" or "B1,B2"))
        {
            foreach (var value in Wild.Select(v => setting.ValueName == "B1,B2" ? $"{v},0.9" : v))
            {
                try
                {
                    var options = new TrainingOptionsBuilder().Add(setting.Name, value, "command line", $"option '--{setting.Name}'").Build();
                    Assert.DoesNotContain("E+30", setting.Format(options) ?? "", StringComparison.Ordinal);
                }
                catch (ArkInputException e)
                {
                    // A schedule's ends and length are checked against each other.
                    string[] names = [setting.Name, TrainingSettings.NameOf(setting.Property), .. setting.Name is "lr" ? ["min-lr"] : setting.Name is "epochs" or "pretrain-epochs" or "schedule-epochs" ? (string[])["warmup-epochs"] : []];
                    Assert.Contains(names, n => e.Message.Contains(n, StringComparison.Ordinal));
                }
            }
        }
    }

    [Fact]
    public void Every_number_of_a_segmentation_is_refused_by_name_or_within_its_range()
    {
        foreach (var setting in SegmentationSettings.All.Where(s => s.ValueName is "N" or "X"))
        {
            foreach (var value in Wild)
            {
                try
                {
                    var options = new SegmentationOptions();
                    SegmentationSettings.Apply(options, setting.Name, value, "command line", $"option '--{setting.Name}'");
                    options.Validate();
                    Assert.DoesNotContain("E+30", setting.Format(options) ?? "", StringComparison.Ordinal);
                }
                catch (ArkInputException e)
                {
                    Assert.Contains(e.Message.Split(' ', '\'', ':'), w => w.StartsWith("--", StringComparison.Ordinal) || w.StartsWith("Give", StringComparison.Ordinal));
                }
            }
        }
    }

    [Fact]
    public void Every_number_of_a_fine_tuning_is_refused_by_name_or_within_its_range()
    {
        foreach (var property in typeof(FineTuningOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            object[] values = type == typeof(double) ? [1e30, -1e30, -1.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity] : type == typeof(int) ? [-1, int.MaxValue, int.MinValue] : [];
            foreach (var value in values)
            {
                var options = new FineTuningOptions { Architecture = "swin_mini" };
                property.SetValue(options, value);
                var refusal = Assert.Throws<ArkInputException>(options.Validate);
                Assert.Contains(property.Name, refusal.Message, StringComparison.Ordinal);
                if (property.Name != nameof(FineTuningOptions.TestTimeCrops)) Assert.Contains("--", refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("pretrain", "lr", "0 and 1000")]
    [InlineData("finetune", "--lr", "1E-12 and 100")]
    [InlineData("segment train", "--lr", "1E-12 and 100")]
    public async Task A_rate_beyond_all_range_is_wrong_usage(string command, string name, string range)
    {
        using var folder = new Checkpoints.TemporaryFolder();
        var catalogue = folder.Write("c.yaml", "noise:\n  data_dir: .\n  train_list: t.txt\n  val_list: t.txt\n  test_list: t.txt\n  diseases: [Odd]\n  task_type: binary classification\n");
        folder.Write("t.txt", "a.png 0\n");
        (await CommandLineRun.Of([.. command.Split(' '), "--config", catalogue, .. command == "finetune" ? ["--dataset", "noise", "--model", "swin_mini"] : (string[])[], "--lr", "1e30", "--out", folder.PathOf("run")])).AssertRefused(name, range);
    }

    [Theory]
    [InlineData("cpu", "0", true)]
    [InlineData("cuda:1", "0", true)]
    [InlineData("cuda:1", "1", false)]
    [InlineData("cuda", "1", false)]
    public void Device_and_its_published_name_must_agree(string device, string gpu, bool refused)
    {
        var builder = new TrainingOptionsBuilder().Add("device", device, "command line", "option '--device'").Add("GPU", gpu, "command line", "option '--GPU'");
        if (refused) Assert.Contains("'--GPU': says cuda:" + gpu, Assert.Throws<ArkInputException>(builder.Build).Message, StringComparison.Ordinal);
        else Assert.Equal("cuda:" + gpu, builder.Build().Device);
        // A catalogue's is overridden, as all that it sets is.
        Assert.Equal("cuda:" + gpu, new TrainingOptionsBuilder().Add("device", device, "a.yaml", "line 2").Add("GPU", gpu, "command line", "option '--GPU'").Build().Device);
    }
}
