using System.Text.Json.Serialization;

namespace Ark.Service;

internal sealed record EmbeddingAnswer(string Model, int Dimensions, float[] Embedding);

internal sealed record PredictionAnswer(IReadOnlyList<HeadAnswer> Heads);

/// <param name="Name">The dataset that the head was trained on.</param>
/// <param name="Exclusive">Whether exactly one of the labels holds.</param>
/// <param name="Labels">In the order of the head's outputs.</param>
internal sealed record HeadAnswer(string Name, bool Exclusive, IReadOnlyList<LabelAnswer> Labels);

internal sealed record LabelAnswer(string Name, double Probability, bool Calibrated);

/// <param name="Head">The head that was asked.</param>
/// <param name="Label">The label that the map is about.</param>
/// <param name="Evidence">Whether anything speaks for the label; without that the map is empty.</param>
/// <param name="Picture">The picture, at most 512 pixels a side, as a data URL of a PNG.</param>
/// <param name="Overlay">The map over it, transparent where nothing speaks for the label.</param>
internal sealed record HeatMapAnswer(string Head, string Label, bool Evidence, string Picture, string Overlay);

/// <param name="CardiothoracicRatio">The greatest width of the heart over that of the lungs, where both were found.</param>
/// <param name="Structures">In the order of the network's outputs.</param>
/// <param name="Picture">The picture, at most 512 pixels a side, as a data URL of a PNG.</param>
/// <param name="Overlay">The same picture with the structures drawn over it.</param>
internal sealed record StructuresAnswer(
    double? CardiothoracicRatio, IReadOnlyList<StructureAnswer> Structures, string Picture, string Overlay);

/// <param name="Name">The structure.</param>
/// <param name="Share">Its share of the picture, 0 to 1.</param>
/// <param name="Color">What it is drawn in, as <c>#rrggbb</c>.</param>
internal sealed record StructureAnswer(string Name, double Share, [property: JsonPropertyName("colour")] string Color);

/// <param name="Status"><c>healthy</c>.</param>
/// <param name="Demonstration">Whether the model has only ever seen rendered phantoms.</param>
/// <param name="MaxUploadBytes">Bytes of an upload at most.</param>
/// <param name="Heads">The model's heads and their labels.</param>
/// <param name="Structures">What <c>/structures</c> finds; empty where no segmentation network is configured.</param>
internal sealed record HealthAnswer(
    string Status,
    bool Demonstration,
    int MaxUploadBytes,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Heads,
    IReadOnlyList<string> Structures);
