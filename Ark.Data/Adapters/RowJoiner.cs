namespace Ark.Data;

/// <summary>Joins the rows of one image: readers that disagree, or one row for each box or mask.</summary>
/// <param name="majority">Whether more than half of the rows must name a finding; else one is enough.</param>
/// <param name="task">What the labels mean: classes must be the same in every row.</param>
internal sealed class RowJoiner(bool majority, LabelTask task)
{
    private readonly Dictionary<string, (int Sample, double[] Sums, int[] Counts)> _images = new(StringComparer.Ordinal);

    /// <summary>Begins an image.</summary>
    public void Add(string name, int sample, float[] targets)
    {
        var entry = (sample, Sums: new double[targets.Length], Counts: new int[targets.Length]);
        Count(entry.Sums, entry.Counts, targets);
        _images.Add(name, entry);
    }

    /// <summary>Takes a further row of an image.</summary>
    /// <returns>Whether the image was known.</returns>
    public bool TryJoin(CsvTable csv, string name, float[] targets, List<ImageSample> samples)
    {
        if (!_images.TryGetValue(name, out var entry)) return false;
        if (task == LabelTask.MultiClass && !targets.AsSpan().SequenceEqual(samples[entry.Sample].Targets))
            throw csv.Refuse($"the image '{name}' has another class in line {samples[entry.Sample].Place!.Value.Line}", "Give each image one class.");
        Count(entry.Sums, entry.Counts, targets);
        return true;
    }

    /// <summary>Writes what the rows of each image say together.</summary>
    public void Finish(List<ImageSample> samples)
    {
        foreach (var (sample, sums, counts) in _images.Values)
        {
            var targets = samples[sample].Targets;
            for (var k = 0; k < targets.Length; k++)
            {
                // One reader's soft label stays; several readers vote.
                if (counts[k] == 0 || (counts[k] == 1 && !float.IsNaN(targets[k]))) continue;
                targets[k] = sums[k] > (majority ? counts[k] / 2.0 : 0) ? 1 : 0;
            }
        }
    }

    private static void Count(double[] sums, int[] counts, float[] targets)
    {
        for (var k = 0; k < targets.Length; k++)
        {
            if (float.IsNaN(targets[k])) continue;
            sums[k] += targets[k];
            counts[k]++;
        }
    }
}
