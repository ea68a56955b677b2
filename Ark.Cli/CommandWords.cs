using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Ark.Cli;

/// <summary>The words of the command line for what the libraries' messages name in quotes for a program.</summary>
internal static partial class CommandWords
{
    private static readonly FrozenDictionary<string, string> Words = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ArkCalibrator"] = "'ark calibrate'",
        ["Bands"] = "--bands 40,60",
        ["CheckpointFile"] = "'ark inspect'",
        ["InertNames"] = "--inert",
        ["NestedKey"] = "--key",
        ["StripPrefix"] = "--strip-prefix",
        ["IArkSegmenter"] = "'ark segment predict'",
        ["IArkTrainer"] = "'ark pretrain'",
        ["DataType"] = "--dtype",
        ["Heads"] = "--heads",
        ["ImageSize"] = "--image-size",
        ["Kind"] = "kind (pooled, or --projected)",
        ["Layout"] = "--layout",
        ["Metadata"] = "--metadata FILE",
        ["PredictionFile"] = "'ark evaluate --predictions'",
        ["SegmentationEvaluator"] = "'ark segment evaluate'",
        ["SegmentationTrainer"] = "'ark segment train'",
        ["Weights"] = "--weights",
        ["folder"] = "--data-dir",
        ["path"] = "--out",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The message of an error in the words of the command line.</summary>
    /// <param name="error">The error.</param>
    /// <param name="flags">The flags of the command by the property that they set, which come first; <see langword="null"/> for
    /// none.</param>
    public static string MessageOf(Exception error, IReadOnlyDictionary<string, string>? flags = null) =>
        // What is wrong may quote the input, which stays as it is.
        error is ArkInputException input
            ? new ArkInputException(
                input.InputSource, Translate(input.Place, flags), input.Problem, Translate(Spoken(input.Hint), flags)).Message
            : error.Message;

    /// <summary>A text with the flags in place of the properties that it quotes.</summary>
    public static string? Translate(string? text, IReadOnlyDictionary<string, string>? flags) =>
        text is null || flags is null ? text : Property().Replace(text, m => flags.GetValueOrDefault(m.Groups["name"].Value) ?? m.Value);

    private static string? Spoken(string? hint) =>
        hint is null ? null : Name().Replace(hint, m => Words.GetValueOrDefault(m.Groups["name"].Value) ?? m.Value);

    [GeneratedRegex("'(?<name>[A-Z][A-Za-z0-9]+)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Property();

    // A parameter is named in brackets: a key of a file may have the same name.
    [GeneratedRegex(
        @"'(?<name>[A-Z][A-Za-z0-9]+)'|(?<=\()'(?<name>[a-z]+)'(?=\))", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
