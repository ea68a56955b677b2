using System.IO.Compression;
using System.Text.Json;
using Ark.Data;

namespace Ark.Tests.Hostile;

/// <summary>A corpus of hostile images, DICOM among them.</summary>
public class HostileImageTests
{
    private static readonly NetVipsImageDecoder Decoder = new();

    private static readonly Dictionary<string, JsonElement> Entries = JsonDocument.Parse(
        File.ReadAllBytes(Fixture.PathOf("Hostile", "manifest.images.json")))
        .RootElement.GetProperty("cases").EnumerateArray().ToDictionary(c => c.GetProperty("id").GetString()!, StringComparer.Ordinal);

    public static TheoryData<string> Cases => [.. Entries.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Decoder_ends_as_the_manifest_says(string id)
    {
        var entry = Entries[id];
        var expectation = entry.GetProperty("expect").GetString();
        var bytes = Read(Fixture.PathOf(["Hostile", .. entry.GetProperty("file").GetString()!.Split('/')]), entry);
        RasterImage? image = null;
        ArkInputException? refusal = null;
        try
        {
            // A picture that is decoded without end fails by name; no load makes a sound one take so long.
            image = await Task.Run(() => Decoder.Decode(bytes, "case.img"))
                .WaitAsync(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken);
        }
        catch (ArkInputException e)
        {
            refusal = e;
        }

        if (refusal is not null)
        {
            Assert.NotEqual("accept", expectation);
            Assert.StartsWith("case.img", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(
                entry.GetProperty("reason_any").EnumerateArray(),
                w => refusal.Message.Contains(w.GetString()!, StringComparison.OrdinalIgnoreCase));
            return;
        }

        Assert.NotEqual("reject", expectation);
        if (entry.TryGetProperty("summary", out var summary)) AssertLooksLike(summary, image!);
    }

    private static void AssertLooksLike(JsonElement summary, RasterImage image)
    {
        Assert.Equal(summary.GetProperty("width").GetInt32(), image.Width);
        Assert.Equal(summary.GetProperty("height").GetInt32(), image.Height);
        var tolerance = summary.GetProperty("tolerance").GetDouble();
        if (summary.TryGetProperty("bits", out var bits) && summary.TryGetProperty("min", out var min))
        {
            var white = (1 << bits.GetInt32()) - 1;
            Assert.Equal(255.0 * min.GetInt32() / white, image.Pixels.Min(), tolerance);
            Assert.Equal(255.0 * summary.GetProperty("max").GetInt32() / white, image.Pixels.Max(), tolerance);
        }

        if (summary.TryGetProperty("looks_like", out _))
            Assert.True(image.Pixels[0] < image.Pixels[^1], "The left top is not darker than the right bottom.");
        if (!summary.TryGetProperty("mean_gray8", out var mean)) return;
        var sum = 0L;
        foreach (var pixel in image.Pixels) sum += pixel;
        Assert.Equal(mean.GetDouble(), (double)sum / image.Pixels.Length, tolerance);
        int right = image.Width - 1, bottom = image.Height - 1;
        (int X, int Y)[] corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
        foreach (var ((x, y), grey) in corners.Zip(summary.GetProperty("corners_gray8").EnumerateArray()))
            Assert.Equal(grey.GetDouble(), image.Pixels[((y * image.Width) + x) * image.Channels], Math.Max(tolerance, 1));
    }

    private static byte[] Read(string path, JsonElement entry)
    {
        if (!entry.TryGetProperty("stored", out _)) return File.ReadAllBytes(path);
        using var expanded = new MemoryStream();
        using var zipped = new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress);
        zipped.CopyTo(expanded);
        return expanded.ToArray();
    }
}
