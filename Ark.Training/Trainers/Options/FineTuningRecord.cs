using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>
/// The options in the record of a fine-tuning, as they are written now and as they were before they had the names of the command line.
/// </summary>
internal static class FineTuningRecord
{
    private static readonly Dictionary<string, string> NamesOfBefore = new(StringComparer.Ordinal)
    {
        ["initial"] = "init",
        ["nested-key"] = "key",
        ["architecture"] = "arch",
        ["image-size"] = "img-size",
        ["freeze-encoder"] = "freeze",
        ["mix-up"] = "mixup",
        ["drop-path-rate"] = "drop-path",
        ["optimizer"] = "opt",
        ["learning-rate"] = "lr",
        ["warmup-learning-rate"] = "warmup-lr",
        ["minimum-learning-rate"] = "min-lr",
        ["clip-gradient"] = "clip-grad",
        [TestCrops] = "test-augment",
    };

    private const string TestCrops = "test-crops";

    /// <summary>Reads the options of a record.</summary>
    /// <param name="record">The record's object <c>options</c>.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <exception cref="ArkInputException">An option is not known, or its value is of the wrong kind.</exception>
    public static FineTuningOptions Read(JsonObject record, string path) =>
        OptionTables.FineTuning.Read(
            record.Where(o => o.Value is not null).Select(o => KeyValuePair.Create(Name(o.Key), Text(o.Key, o.Value!))), path);

    private static string Name(string name) => NamesOfBefore.GetValueOrDefault(name, name);

    private static string Text(string name, JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.String => (string)value!,
        _ when name == TestCrops => (int)value == 10 ? "true" : "false",
        _ => value.ToJsonString(),
    };
}
