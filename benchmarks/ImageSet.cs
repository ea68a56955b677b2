using NetVips;

namespace Ark.Benchmarks;

/// <summary>Real pictures of one size and kind: a folder's own, enlarged or reduced where it has none of that size.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Files">The files.</param>
internal sealed record ImageSet(string Name, IReadOnlyList<string> Files)
{
    /// <summary>The folder's files as they are, then the same pictures at several sizes as PNG and JPEG, grey as radiographs are.</summary>
    public static IReadOnlyList<ImageSet> Make(string folder, string scratch, int count)
    {
        var found = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f).ToUpperInvariant() is ".PNG" or ".JPG" or ".JPEG").Order(StringComparer.Ordinal).ToList();
        if (found.Count == 0) throw new InvalidOperationException($"{folder} holds no PNG or JPEG.");
        var picked = Enumerable.Range(0, Math.Min(count, found.Count)).Select(i => found[
            i * found.Count / Math.Min(count, found.Count)]).ToList();
        var sets = new List<ImageSet> { new("as stored", picked) };
        // The largest pictures give the most natural detail when they are enlarged.
        var sources = found.OrderByDescending(f => new FileInfo(f).Length).Take(12).ToList();
        foreach (var side in new[] { 64, 512, 1024, 2048 })
        {
            foreach (var kind in new[] { "png", "jpg" })
            {
                var files = new List<string>();
                foreach (var source in sources)
                {
                    var path = Path.Combine(scratch, $"{side}-{files.Count}.{kind}");
                    using var image = Image.NewFromFile(source);
                    using var grey = image.Colourspace(Enums.Interpretation.Bw);
                    using var flat = grey.ExtractBand(0);
                    using var sized = flat.Resize((double)side / Math.Min(flat.Width, flat.Height), kernel: Enums.Kernel.Lanczos3);
                    if (kind == "png") sized.Pngsave(path, compression: 6);
                    else sized.Jpegsave(path, q: 92);
                    files.Add(path);
                }

                sets.Add(new ImageSet($"{side} {kind}", files));
            }
        }

        return sets;
    }

    /// <summary>The files as samples, several times over.</summary>
    public List<ImageSample> Samples(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new ImageSample(new ImageFile(Files[i % Files.Count]), [1]))];
}
