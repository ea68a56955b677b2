using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>
/// Embeddings from a file, ours or another model's. Rows are found by name: the image's full path, its path below the dataset's folder, or
/// its file name with or without ending, as long as that is one image alone.
/// </summary>
internal sealed class FileFeatures : FeatureSource
{
    private readonly EmbeddingTable _table;
    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ambiguous = new(StringComparer.Ordinal);

    private readonly Dictionary<int, string> _taken = [];

    /// <param name="path">The file.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="ArkInputException">The file cannot be read, or its rows cannot be told apart.</exception>
    public FileFeatures(string path, string name, CancellationToken cancellationToken = default)
    {
        Name = name;
        _table = EmbeddingFiles.Load(path, cancellationToken);
        if (_table.Names is not { } names)
            throw new ArkInputException(
                path,
                null,
                "has no names, so that its rows cannot be matched with images",
                "Add an array or column 'names' with the images' file names.");
        var whole = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var n = 0; n < names.Count; n++)
        {
            if (!whole.TryAdd(names[n], n))
            {
                // Lists may share images, as validation and test do in some datasets.
                if (AreAlike(_table.Rows[n], _table.Rows[whole[names[n]]])) continue;
                throw new ArkInputException(
                    path,
                    $"row {n + 1}",
                    $"has the name '{names[n]}' of row {whole[names[n]] + 1}, but other numbers",
                    "Give each image one row.");
            }

            foreach (var key in Keys(names[n]).Distinct(StringComparer.Ordinal))
            {
                if (!_rows.TryAdd(key, n)) _ambiguous.Add(key);
            }
        }
    }

    public override string Name { get; }

    public override float[]?[] Read(
        IReadOnlyList<ImageSample> samples, ArkDataset dataset, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var rows = samples.Select(s => Find(s.Image.Name)).ToArray();
        if (rows.All(r => r is null))
        {
            throw new ArkInputException(_table.Path, null, $"has no row for any image of '{dataset.Name}': it has '{_table.Names![0]}', "
                + $"the dataset '{samples[0].Image.Name}'",
                "Names must be the images' paths or file names.");
        }

        return rows;
    }

    // From the most exact to the least.
    private float[]? Find(string image)
    {
        foreach (var key in Keys(image))
        {
            if (!_rows.TryGetValue(key, out var row) || _ambiguous.Contains(key)) continue;
            // The row's own image is there, and it is another one that is named alike.
            if (_table.Names![row] is var name && name != image && Path.IsPathRooted(name) && File.Exists(name)) continue;
            if (_taken.TryAdd(row, image) || _taken[row] == image) return _table.Rows[row];
            throw new ArkInputException(
                _table.Path,
                $"name '{name}'",
                $"fits two images of the dataset: '{_taken[row]}' and '{image}'",
                "Write as much of the images' paths into the names as tells them apart.");
        }

        return null;
    }

    // The same image in another batch may differ by rounding.
    private static bool AreAlike(float[] one, float[] other)
    {
        const float tolerance = 0.02f;
        var largest = one.Max(Math.Abs);
        return one.Zip(other).All(p => Math.Abs(p.First - p.Second) <= tolerance * largest);
    }

    private static IEnumerable<string> Keys(string name)
    {
        var path = name.Replace('\\', '/');
        yield return path;
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            yield return path[(slash + 1)..];
        yield return Path.GetFileNameWithoutExtension(path);
    }
}
