using System.CommandLine;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Cli;

/// <summary>The features that <c>ark probe</c> is asked to compare, and the models that they come from, which it owns.</summary>
internal sealed class ProbeSources : IDisposable
{
    private readonly ParseResult _parsed;
    private readonly Terminal _terminal;
    private readonly ModelArguments _arguments;
    private readonly EmbeddingKind _kind;
    private readonly List<LoadedModel> _models = [];
    private readonly string[] _files;

    public ProbeSources(
        ParseResult parsed, Terminal terminal, ModelArguments arguments, EmbeddingKind kind, string? embeddings,
        IReadOnlyList<string> compare)
    {
        (_parsed, _terminal, _arguments, _kind) = (parsed, terminal, arguments, kind);
        _files = [.. ((string?[])[arguments.Checkpoint(parsed), embeddings, .. compare]).OfType<string>().Distinct(StringComparer.Ordinal)];
        using var unfinished = new Unfinished();
        unfinished.Keep(this);
        Features = [Main(embeddings), .. compare.Select(Other)];
        unfinished.Finish();
    }

    public IReadOnlyList<ProbeFeatures> Features { get; }

    public void Dispose() => _models.ForEach(m => m.Dispose());

    private ProbeFeatures Main(string? embeddings) => (_arguments.Checkpoint(_parsed), embeddings) switch
    {
        (null, null) => throw CommandLineError.Of("--checkpoint", "is missing", "Give --checkpoint FILE or --embeddings FILE."),
        (not null, not null) =>
            throw CommandLineError.Of("--embeddings", "excludes --checkpoint", "Give one, and the other with --compare."),
        (null, { } file) => ProbeFeatures.OfFile(file, Called(file)),
        ({ } checkpoint, _) => OfModel(checkpoint),
    };

    private ProbeFeatures Other(string spec)
    {
        if (spec == "pixels") return ProbeFeatures.Pixels;
        if (spec == "untrained")
        {
            if (_arguments.Checkpoint(_parsed) is null)
                throw CommandLineError.Of(
                    "--compare", "'untrained' needs a checkpoint, whose architecture it takes", "Give --checkpoint FILE.");
            return ProbeFeatures.Untrained(_models[0], _kind);
        }

        if (!File.Exists(spec))
        {
            throw CommandLineError.Of("--compare", $"'{spec}' is neither 'pixels' nor 'untrained' nor a file",
                "Name a file of embeddings or a checkpoint.");
        }

        return IsTable(spec) ? ProbeFeatures.OfFile(spec, Called(spec)) : OfModel(spec);
    }

    private ProbeFeatures OfModel(string checkpoint)
    {
        _models.Add(_arguments.Load(_parsed, _terminal, checkpoint));
        return ProbeFeatures.OfModel(
            _models[^1], _kind, $"{Called(checkpoint)} {(_kind == EmbeddingKind.Projected ? "projected" : "pooled")}");
    }

    // The checkpoints of all runs have the same file name.
    private string Called(string file) =>
        _files.Count(f => Path.GetFileName(f) == Path.GetFileName(file)) > 1 ? file : Path.GetFileName(file);

    private static bool IsTable(string file) => Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".npz" or ".csv" or ".parquet" => true,
        ".safetensors" => CheckpointFile.ReadIndex(file).Tensors.Any(t => t.Name == "embeddings"),
        _ => false,
    };
}
