namespace Ark.Evaluation;

/// <summary>Finds splits that are the same images, so that what is chosen on one looks too good on the other.</summary>
internal static class SharedImages
{
    /// <summary>Whether two splits are the same images, in any order.</summary>
    public static bool AreSame(IReadOnlyList<ImageSample> one, IReadOnlyList<ImageSample> other) =>
        AreSame(one.Count, one.Select(s => s.Image.Name), other.Count, other.Select(s => s.Image.Name));

    /// <summary>Whether two splits of images with masks are the same images, in any order.</summary>
    public static bool AreSame(IReadOnlyList<SegmentationSample> one, IReadOnlyList<SegmentationSample> other) =>
        AreSame(one.Count, one.Select(s => s.Image.Name), other.Count, other.Select(s => s.Image.Name));

    /// <summary>Says of a dataset that its validation and test are the same images.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="consequence">What follows, without a full stop.</param>
    public static string Warning(string dataset, string consequence) => Warning(dataset, "validation", "test", consequence);

    /// <summary>Says of a dataset that two splits are the same images.</summary>
    public static string Warning(string dataset, string one, string other, string consequence) =>
        $"{dataset}: {one} and {other} are the same images, so {consequence}.";

    private static bool AreSame(int count, IEnumerable<string> names, int otherCount, IEnumerable<string> otherNames) =>
        count == otherCount && names.ToHashSet(StringComparer.Ordinal).SetEquals(otherNames);
}
