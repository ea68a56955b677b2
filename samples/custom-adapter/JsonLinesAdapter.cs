using System.Text.Json;
using Ark;

namespace Samples;

/// <summary>Reads a list with one JSON object a line: <c>{"image": "a.png", "findings": ["Edema"], "patient": "7"}</c>.</summary>
public sealed class JsonLinesAdapter(DatasetDefinition dataset) : IDatasetAdapter
{
    public LabelSchema Labels => dataset.Labels;

    public async ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var list = dataset.ListOf(split);
        var samples = new List<ImageSample>();
        await foreach (var line in File.ReadLinesAsync(list, cancellationToken))
        {
            var row = JsonSerializer.Deserialize<Row>(line, JsonSerializerOptions.Web)!;
            var targets = Labels.Names.Select(name => row.Findings.Contains(name) ? 1f : 0f).ToArray();
            var image = new ImageFile(Path.Combine(dataset.DataDirectory, row.Image));
            samples.Add(new ImageSample(image, targets) { PatientId = row.Patient, Place = new(list, samples.Count + 1) });
        }

        return samples;
    }

    private sealed record Row(string Image, string[] Findings, string? Patient);
}
