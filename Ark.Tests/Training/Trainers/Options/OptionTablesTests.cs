using System.Reflection;
using Ark.Training;

namespace Ark.Tests.Training;

/// <summary>Every name that the command line and a catalogue take sets the option that it says, and no other.</summary>
public class OptionTablesTests
{
    // Whatever is not here takes a number or a choice.
    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["arch"] = "swin_tiny",
        ["init"] = "weights.pth",
        [OptionTables.PretrainedWeights] = "weights.pth",
        ["key"] = "student",
        ["strip-prefix"] = "module.",
        ["inert"] = "a.B,c.D",
        ["opt-betas"] = "0.75,0.875",
        ["val-loss-metric"] = "CheXpert",
        ["cache"] = "pictures",
        ["device"] = "cuda:3",
        ["normalization"] = "chestx-ray",
    };

    public static TheoryData<string> TrainingNames => NamesOf(OptionTables.Training);

    public static TheoryData<string> FineTuningNames => NamesOf(OptionTables.FineTuning);

    public static TheoryData<string> SegmentationNames => NamesOf(OptionTables.Segmentation);

    [Theory]
    [MemberData(nameof(TrainingNames))]
    public void Training_setting_sets_its_own_option_alone(string name) => SetAlone(OptionTables.Training, name);

    [Theory]
    [MemberData(nameof(FineTuningNames))]
    public void Fine_tuning_setting_sets_its_own_option_alone(string name) => SetAlone(OptionTables.FineTuning, name);

    [Theory]
    [MemberData(nameof(SegmentationNames))]
    public void Segmentation_setting_sets_its_own_option_alone(string name) => SetAlone(OptionTables.Segmentation, name);

    [Fact]
    public void Every_option_has_one_name_in_the_record_of_a_run()
    {
        AssertNamed(OptionTables.Training);
        AssertNamed(OptionTables.FineTuning);
        AssertNamed(OptionTables.Segmentation);
    }

    [Fact]
    public void Names_and_choices_are_those_of_the_files_that_were_written_before()
    {
        string[] shared =
        [
            "arch", "img-size", "init", "key", "normalization", "drop-path", "epochs", "batch-size", "opt", "lr", "momentum",
            "weight-decay", "warmup-epochs",
            "warmup-lr", "min-lr", "clip-grad", "patience", "precision", "seed", "workers", "device",
        ];
        string[] segmentation = ["decoder", "width", "loss", "augment", "vary-quality", "vary-framing"];
        Assert.Empty(shared.Concat(segmentation).Except(OptionTables.Segmentation.Recorded.Select(r => r.Name)));
        string[] training =
        [
            "recipe", "fidelity", "use-mlp", "projector-features", "task-order", "ema-mode", "momentum-teacher", "consistency",
            "accumulate",
            "checkpoint-activations", "opt-eps", "opt-betas", "sched", "decay-epochs", "decay-rate", "schedule-epochs", "test-epoch",
            "test-augment",
            "print-freq", "checkpoint-steps", "checkpoint-minutes", "keep-last", "val-loss-metric", "smallest-crop", "cache", "bad-images",
            "pixel-baseline",
            "tensorboard",
        ];
        Assert.Empty(shared.Concat(training).Except(OptionTables.Training.Recorded.Select(r => r.Name)));
        foreach (var (name, choices) in ((string, string)[])
                 [
                     ("recipe", "ark|ark-plus|simmim"), ("fidelity", "corrected|published"),
                     ("task-order", "cyclic|shuffled|concurrent|single-head"),
                     ("ema-mode", "epoch|iteration"), ("precision", "fp32|bf16"), ("opt", "sgd|momentum|adamw"),
                     ("sched", "cosine|step|tanh|poly"),
                     ("bad-images", "stop|skip"),
                 ])
            Assert.Equal(choices, OptionTables.Training.Find(name)!.ValueName);
        Assert.Equal("published|detailed", OptionTables.Segmentation.Find("decoder")!.ValueName);
        Assert.Equal("dice|dice-ce", OptionTables.Segmentation.Find("loss")!.ValueName);
    }

    private static TheoryData<string> NamesOf<T>(OptionTable<T> table)
        where T : OptimizationOptions, new() => [.. table.Select(s => s.Name)];

    private static void SetAlone<T>(OptionTable<T> table, string name)
        where T : OptimizationOptions, new()
    {
        var row = table.Single(r => r.Name == name);
        var (plain, changed) = (new T(), new T());
        if (row.Property is null)
        {
            Assert.True(row.TryApply(changed, row.ValueName));
            Assert.Empty(Differences(plain, changed));
            return;
        }

        var text = OtherThan(row.Format(plain), name, row.ValueName);
        Assert.True(row.TryApply(changed, text), text);
        if (row.Format(changed) is { } shown) Assert.Equal(text, shown);
        Assert.Equal(name == "opt-betas" ? ["Beta1", "Beta2"] : [row.Property], Differences(plain, changed));
        Assert.All(table.Where(r => r.Property != row.Property), r => Assert.Equal(r.Format(plain), r.Format(changed)));
    }

    private static void AssertNamed<T>(OptionTable<T> table)
        where T : OptimizationOptions, new()
    {
        var properties = Properties<T>().Select(p => p.Name).Except([nameof(OptimizationOptions.Beta2)]);
        Assert.Equal(properties.Order(StringComparer.Ordinal), table.Recorded.Select(r => r.Property).Order(StringComparer.Ordinal));
        var names = table.SelectMany(r => r.Aliases.Where(a => OptionValue.Fold(a) != r.Name).Prepend(r.Name)).ToList();
        Assert.Equal(names.Distinct(), names);
    }

    private static string OtherThan(string? now, string name, string valueName)
    {
        if (Texts.TryGetValue(name, out var text)) return text;
        // A switch of an option that has a row of its own, such as early-stop, is on by default.
        if (valueName == "true|false") return now == "true" ? "false" : "true";
        if (valueName.Contains('|', StringComparison.Ordinal)) return valueName.Split('|').Last(c => c != now);
        // No option has either as its default, and the reals are such that no digit is lost.
        return valueName switch { "N" => "37", "X" => "0.3125", _ => throw new ArgumentException($"Give '{name}' a text.", nameof(name)) };
    }

    private static string[] Differences<T>(T one, T other) =>
        [.. Properties<T>().Where(p => !Equals(p.GetValue(one), p.GetValue(other))).Select(p => p.Name).Order(StringComparer.Ordinal)];

    private static IEnumerable<PropertyInfo> Properties<T>() =>
        typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite);
}
