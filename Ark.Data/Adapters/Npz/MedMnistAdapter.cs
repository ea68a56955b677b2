using System.Globalization;

namespace Ark.Data;

/// <summary>
/// Reads a MedMNIST archive: <c>train_images</c>, <c>train_labels</c>, <c>val_…</c>, <c>test_…</c>. Images are <c>[N, H, W]</c> (grey) or
/// <c>[N, H, W, 3]</c>, 8-bit; labels are one 0 or 1 (binary), one class index (multi-class) or one 0 or 1 per label (multi-label).
/// The three lists of the dataset may name the same archive, or <c>data_dir</c> may name it alone.
/// </summary>
internal sealed class MedMnistAdapter : IDatasetAdapter
{
    private readonly DatasetDefinition _definition;

    /// <summary>Creates the adapter.</summary>
    /// <param name="definition">The dataset.</param>
    /// <exception cref="ArkInputException">A setting is given; there are none.</exception>
    public MedMnistAdapter(DatasetDefinition definition)
    {
        _definition = definition;
        _ = new AdapterSettings(definition, AdapterPreset.None);
    }

    /// <inheritdoc/>
    public LabelSchema Labels => _definition.Labels;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var path = _definition.ListOf(split);
        // Its arrays are named by the words that Ark uses too.
        return new(Task.Run<IReadOnlyList<ImageSample>>(() => Read(path, split.Word(), cancellationToken), cancellationToken));
    }

    private ImageSample[] Read(string path, string prefix, CancellationToken cancellationToken)
    {
        using var archive = NpzArchive.Open(path);
        // Labels first: they are small, and say how many images there must be before memory is taken for those.
        var targets = NpzLabels.Read(archive, prefix + "_labels", Labels);
        var images = NpzImages.Read(archive, prefix + "_images", targets.Length, cancellationToken);
        return [.. targets.Select((target, n) => new ImageSample(
            new ArrayImage(
                string.Create(CultureInfo.InvariantCulture, $"{path}#{prefix}_images[{n}]"),
                images.Width,
                images.Height,
                images.Channels,
                images.Pixels[n]),
            target))];
    }
}
