using System.Text.Json.Nodes;
using Ark.Data;

namespace Ark.Training;

/// <summary>A fine-tuning to be made.</summary>
public sealed record FineTuningRun
{
    /// <summary>The dataset; of a run that goes on, with the lists that it had.</summary>
    public required ArkDataset Dataset { get; init; }

    /// <summary>How to fine-tune; of a run that goes on, as it began.</summary>
    public required FineTuningOptions Options { get; init; }

    /// <summary>
    /// Where <c>results.json</c>, <c>results.csv</c>, each trial's weights and, while it goes on, its state go; must hold no other run's.
    /// <see langword="null"/> to keep nothing.
    /// </summary>
    public string? Directory { get; init; }

    /// <summary>
    /// Whether <see cref="Directory"/> holds an unfinished run of the same options that is to go on: with the next step of the trial that
    /// was stopped, and the trials after it, which come to what they would have.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>Where whoever goes on finds the dataset again; <see langword="null"/> where only a program knows.</summary>
    internal JsonNode? Origin { get; init; }
}
