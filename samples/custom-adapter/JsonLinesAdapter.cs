using System.Text.Json;
using Ark;

namespace Samples;

/// <summary>Reads a list with one JSON object a line: <c>{"image": "a.png", "findings": ["Edema"], "patient": "7"}</c>.</summary>
public sealed class JsonLinesAdapter(DatasetDefinition dataset) : IDatasetAdapter
{
    public LabelSchema Labels => dataset.Labels;

    public async ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var (list, samples) = (dataset.ListOf(split), new List<ImageSample>());
        await foreach (var (i, line) in File.ReadLinesAsync(list, cancellationToken).Index().Where(l => !string.IsNullOrWhiteSpace(l.Item)))
        {
            try
            {
                var row = JsonSerializer.Deserialize<Row>(line, JsonSerializerOptions.Web);
                if (row is not { Image: not null, Findings: not null }) throw new JsonException("not whole");
                var targets = Labels.Names.Select(name => row.Findings.Contains(name) ? 1f : 0f).ToArray();
                var image = new ImageFile(Path.Combine(dataset.DataDirectory, row.Image));
                samples.Add(new ImageSample(image, targets) { PatientId = row.Patient, Place = new(list, i + 1) });
            }
            catch (JsonException e)
            {
                throw new ArkInputException(
                    list, $"line {i + 1}", "is no JSON object with 'image' and 'findings'", "Write both; findings may be [].", e);
            }
        }

        return samples;
    }

    private sealed record Row(string Image, string[] Findings, string? Patient);
}
