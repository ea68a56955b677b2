namespace Ark.Data;

/// <summary>Finds what two splits have in common and should not.</summary>
internal static class SplitComparison
{
    /// <summary>Compares each split with the ones before it.</summary>
    public static void Compare(IReadOnlyList<SplitReading> splits)
    {
        for (var later = 1; later < splits.Count; later++)
        {
            for (var earlier = 0; earlier < later; earlier++)
            {
                if (splits[earlier].List == splits[later].List && SameSamples(splits[earlier], splits[later]))
                {
                    splits[later].AddWarning($"the splits {splits[earlier].Split.Word()} and {splits[later].Split.Word()} are the same "
                        + $"list: what is selected on one must not be reported on the other");
                    continue;
                }

                CompareImages(splits[earlier], splits[later]);
                ComparePatients(splits[earlier], splits[later]);
            }
        }
    }

    private static bool SameSamples(SplitReading a, SplitReading b) =>
        a.Samples.Select(s => s.Image.Name).SequenceEqual(b.Samples.Select(s => s.Image.Name), StringComparer.Ordinal);

    private static void CompareImages(SplitReading earlier, SplitReading later)
    {
        var known = new Dictionary<UInt128, ImageSample>();
        for (var i = 0; i < earlier.Pictures.Length; i++)
        {
            if (earlier.Pictures[i] is { } picture) known.TryAdd(picture.Hash, earlier.Samples[i]);
        }

        for (var i = 0; i < later.Pictures.Length; i++)
        {
            if (later.Pictures[i] is not { } picture || !known.TryGetValue(picture.Hash, out var same)) continue;
            later.SharedImages++;
            later.AddProblem(later.Samples[i], $"the image has the same bytes as {Where(same)} of the split {earlier.Split.Word()}");
        }
    }

    private static void ComparePatients(SplitReading earlier, SplitReading later)
    {
        var known = new Dictionary<string, ImageSample>(StringComparer.Ordinal);
        foreach (var sample in earlier.Samples)
        {
            if (sample.PatientId is { } patient) known.TryAdd(patient, sample);
        }

        // Once for each patient: their first image in the later split.
        foreach (var sample in later.Samples.Where(s => s.PatientId is not null).DistinctBy(s => s.PatientId, StringComparer.Ordinal))
        {
            if (known.TryGetValue(sample.PatientId!, out var same))
                later.AddProblem(sample, $"the patient of this image is also in {Where(same)} of the split {earlier.Split.Word()}");
        }
    }

    private static string Where(ImageSample sample) => sample.Place is { } place ? $"line {place.Line}" : $"'{sample.Image.Name}'";
}
