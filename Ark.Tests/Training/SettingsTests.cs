using System.Reflection;
using Ark.Training;

namespace Ark.Tests.Training;

/// <summary>Every name that the command line and a catalogue take sets the option that it says, and no other.</summary>
public class SettingsTests
{
    // Shorter than any list of choices: whatever is in neither table takes a number or a choice.
    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        ["arch"] = "swin_tiny",
        ["init"] = "weights.pth",
        [TrainingSettings.PretrainedWeights] = "weights.pth",
        ["key"] = "student",
        ["opt-betas"] = "0.75,0.875",
        ["val-loss-metric"] = "CheXpert",
        ["cache"] = "pictures",
        ["device"] = "cuda:3",
        ["normalization"] = "chestx-ray",
    };

    // These have no text of their own: they set what another name shows.
    private static readonly string[] OtherNames = [TrainingSettings.PretrainedWeights, TrainingSettings.PretrainEpochs, "gpu"];

    public static TheoryData<string> TrainingNames => [.. TrainingSettings.All.Except(PublishedFlags.WithoutEffect).Select(s => s.Name)];

    public static TheoryData<string> NamesWithoutEffect => [.. PublishedFlags.WithoutEffect.Select(s => s.Name)];

    public static TheoryData<string> SegmentationNames => [.. SegmentationSettings.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(TrainingNames))]
    public void Training_setting_sets_its_own_option_alone(string name)
    {
        var setting = TrainingSettings.All.Single(s => s.Name == name);
        var (plain, changed) = (new TrainingOptions(), new TrainingOptions());
        var text = OtherThan(setting.Format(plain), name, setting.ValueName);
        Assert.True(setting.TryApply(changed, text), text);
        if (!OtherNames.Contains(name)) Assert.Equal(text, setting.Format(changed));
        string[] expected = name == "opt-betas" ? [nameof(TrainingOptions.Beta1), nameof(TrainingOptions.Beta2)] : [setting.Property];
        Assert.Equal(expected, Differences(plain, changed));
        Assert.All(TrainingSettings.All.Where(s => s.Property != setting.Property), s => Assert.Equal(s.Format(plain), s.Format(changed)));
    }

    [Theory]
    [MemberData(nameof(SegmentationNames))]
    public void Segmentation_setting_sets_its_own_option_alone(string name)
    {
        var setting = SegmentationSettings.All.Single(s => s.Name == name);
        var (plain, changed) = (new SegmentationOptions(), new SegmentationOptions());
        var text = OtherThan(setting.Format(plain), name, setting.ValueName);
        Assert.True(setting.TryApply(changed, text), text);
        Assert.Equal(text, setting.Format(changed));
        Assert.Single(Differences(plain, changed));
        Assert.All(SegmentationSettings.All.Where(s => s.Name != name), s => Assert.Equal(s.Format(plain), s.Format(changed)));
    }

    [Fact]
    public void Every_training_and_segmentation_option_has_a_name()
    {
        Assert.Empty(Properties<TrainingOptions>().Select(p => p.Name).Except(TrainingSettings.All.Select(s => s.Property)).Except([nameof(TrainingOptions.Beta2)]));
        var named = SegmentationSettings.All.SelectMany(s =>
        {
            var changed = new SegmentationOptions();
            s.TryApply(changed, OtherThan(s.Format(changed), s.Name, s.ValueName));
            return Differences(new SegmentationOptions(), changed);
        });
        Assert.Empty(Properties<SegmentationOptions>().Select(p => p.Name).Except(named));
    }

    [Theory]
    [MemberData(nameof(NamesWithoutEffect))]
    public void Published_flag_without_effect_changes_nothing(string name)
    {
        var setting = TrainingSettings.All.Single(s => s.Name == name);
        var changed = new TrainingOptions();
        Assert.True(setting.TryApply(changed, setting.ValueName));
        Assert.Empty(Differences(new TrainingOptions(), changed));
    }

    private static string OtherThan(string? now, string name, string valueName)
    {
        if (Texts.TryGetValue(name, out var text)) return text;
        if (valueName.Contains('|', StringComparison.Ordinal)) return valueName.Split('|').Last(c => c != now);
        // No option has either as its default, and the reals are such that no digit is lost.
        return valueName switch { "N" => "37", "X" => "0.3125", _ => throw new ArgumentException($"Give '{name}' a text.", nameof(name)) };
    }

    private static string[] Differences<T>(T one, T other) =>
        [.. Properties<T>().Where(p => !Equals(p.GetValue(one), p.GetValue(other))).Select(p => p.Name).Order(StringComparer.Ordinal)];

    private static IEnumerable<PropertyInfo> Properties<T>() => typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite);
}
