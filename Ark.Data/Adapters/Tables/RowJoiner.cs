namespace Ark.Data;

/// <summary>Joins the rows of one image: readers that disagree, or one row for each box or mask.</summary>
/// <param name="majority">Whether more than half of the rows must name a finding; else one is enough.</param>
/// <param name="task">What the labels mean: classes must be the same in every row.</param>
internal sealed class RowJoiner(bool majority, LabelTask task)
{
    private readonly Dictionary<string, (int Sample, int[] Present, int[] Certain, float[] Soft)> _images = new(StringComparer.Ordinal);

    /// <summary>Begins an image.</summary>
    public void Add(string name, int sample, float[] targets)
    {
        var soft = new float[targets.Length];
        Array.Fill(soft, float.NaN);
        var entry = (sample, new int[targets.Length], new int[targets.Length], soft);
        Count(entry, targets);
        _images.Add(name, entry);
    }

    /// <summary>Takes a further row of an image.</summary>
    /// <returns>Whether the image was known.</returns>
    public bool TryJoin(CsvTable csv, string name, float[] targets, List<ImageSample> samples)
    {
        if (!_images.TryGetValue(name, out var entry)) return false;
        if (task == LabelTask.MultiClass && !targets.AsSpan().SequenceEqual(samples[entry.Sample].Targets))
            throw csv.Error(
                $"the image '{name}' has another class in line {samples[entry.Sample].Place!.Value.Line}", "Give each image one class.");
        Count(entry, targets);
        return true;
    }

    /// <summary>Writes what the rows of each image say together.</summary>
    public void Finish(List<ImageSample> samples)
    {
        foreach (var (sample, present, certain, soft) in _images.Values)
        {
            var targets = samples[sample].Targets;
            // A soft label, drawn for an uncertain one, is no vote: it stays where no row is certain.
            for (var k = 0; k < targets.Length; k++)
                targets[k] = certain[k] == 0 ? soft[k] : present[k] > (majority ? certain[k] / 2.0 : 0) ? 1 : 0;
        }
    }

    private static void Count((int Sample, int[] Present, int[] Certain, float[] Soft) entry, float[] targets)
    {
        for (var k = 0; k < targets.Length; k++)
        {
            if (targets[k] is 0 or 1)
            {
                entry.Present[k] += (int)targets[k];
                entry.Certain[k]++;
            }
            else if (float.IsNaN(entry.Soft[k]))
            {
                entry.Soft[k] = targets[k];
            }
        }
    }
}
