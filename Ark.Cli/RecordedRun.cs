using System.Text.Json;
using Ark.Training;

namespace Ark.Cli;

/// <summary>What a pretraining or a training of segmentation began with, as its <c>config.json</c> has it.</summary>
/// <typeparam name="T">The options.</typeparam>
/// <param name="Catalogue">The catalogue.</param>
/// <param name="Datasets">The datasets, in order.</param>
/// <param name="Options">The options.</param>
/// <param name="CatalogueOptions">What the catalogue said of training; <see langword="null"/> in the records of before.</param>
internal sealed record RecordedRun<T>(
    string Catalogue, IReadOnlyList<string> Datasets, T Options, IReadOnlyDictionary<string, string>? CatalogueOptions)
    where T : OptimizationOptions, new()
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads the record.</summary>
    /// <param name="path">The file.</param>
    /// <param name="table">The names of the options.</param>
    /// <param name="kind">The kind of run that it must be of; <see langword="null"/> for pretraining, whose record does not say it.</param>
    /// <param name="what">The kind, in words.</param>
    /// <exception cref="ArkInputException">It is the record of something else, damaged, or of a run that a program began.</exception>
    public static RecordedRun<T> Read(string path, OptionTable<T> table, string? kind, string what)
    {
        RegularFile.Require(path);
        try
        {
            var saved = JsonSerializer.Deserialize<Written>(File.ReadAllText(path), Format) ?? throw new JsonException("empty");
            if (saved.Kind != kind || saved.Datasets.Count == 0) throw new JsonException("of another kind");
            var options = table.Read(saved.Options.Where(o => o.Value is not null)!, path);
            // Those of a program may be relative.
            options.UseFullPaths();
            var catalogue = saved.Catalogue ?? throw CatalogueFile.NotRecorded(path);
            return new RecordedRun<T>(catalogue, [.. saved.Datasets.Select(d => d.Name)], options, saved.CatalogueOptions);
        }
        catch (JsonException e)
        {
            throw new ArkInputException(path, null, $"is not the configuration of a {what}",
                "Give the folder of a run of this command, or restore the file that the run wrote.", e);
        }
    }

    private sealed record Written(
        Dictionary<string, string?> Options,
        List<WrittenDataset> Datasets,
        string? Kind = null,
        string? Catalogue = null,
        Dictionary<string, string>? CatalogueOptions = null);

    private sealed record WrittenDataset(string Name);
}
