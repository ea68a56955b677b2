using System.IO.Compression;
using System.Text.Json;

namespace Ark.Tests.Hostile;

/// <summary>Crafted files: each is refused with a reason, or read as what it truly holds.</summary>
public class HostileCheckpointTests
{
    private static readonly Dictionary<string, JsonElement> Cases = JsonDocument.Parse(
        File.ReadAllBytes(Fixture.PathOf("Hostile", "checkpoints.json")))
        .RootElement.GetProperty("cases").EnumerateArray().ToDictionary(c => c.GetProperty("id").GetString()!, StringComparer.Ordinal);

    // Of both readings together; a single one may take half of it (see PickleLimits).
    private const long MaxBytes = 1L << 30;

    public static TheoryData<string> Ids => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Ids))]
    public void File_ends_as_its_manifest_says_whether_loaded_or_listed(string id)
    {
        var expected = Cases[id];
        using var folder = new TemporaryFolder();
        var path = Expand(expected, folder);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var (tensors, refusal) = Load(path);
        using (tensors)
        {
            Judge(expected, path, tensors, refusal);
            try
            {
                CheckpointFile.ReadIndex(path);
            }
            catch (CheckpointException listing)
            {
                Assert.True(refusal is not null, $"Loading succeeds, but listing is refused: {listing.Message}");
            }
        }

        // Work that a file is not worth shows in what it allocates, however busy the machine is.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxBytes);
        Assert.False(File.Exists("ARK_PWNED"));
    }

    private static string Expand(JsonElement expected, TemporaryFolder folder)
    {
        var source = Fixture.PathOf(["Hostile", .. expected.GetProperty("file").GetString()!.Split('/')]);
        var path = folder.PathOf(Path.GetFileName(source));
        if (!expected.TryGetProperty("stored", out _))
        {
            File.Copy(source, path);
            return path;
        }

        using var packed = new GZipStream(File.OpenRead(source + ".gz"), CompressionMode.Decompress);
        using var plain = File.Create(path);
        packed.CopyTo(plain);
        return path;
    }

    private static (LoadedTensors? Tensors, CheckpointException? Refusal) Load(string path)
    {
        var tensors = new LoadedTensors();
        try
        {
            var root = path.EndsWith(".safetensors", StringComparison.Ordinal)
                ? Safetensors.Load(path).Aggregate(new PickleDictionary(), (d, e) => { d.Add(e.Key, e.Value); return d; })
                : PyTorchFile.Load(path);
            tensors.Take(path, root);
            return (tensors, null);
        }
        catch (CheckpointException refusal)
        {
            tensors.Dispose();
            return (null, refusal);
        }
    }

    private static void Judge(JsonElement expected, string path, LoadedTensors? tensors, CheckpointException? refusal)
    {
        var verdict = expected.GetProperty("expect").GetString();
        if (refusal is not null)
        {
            Assert.True(verdict != "accept", $"It must be accepted, but: {refusal.Message}");
            Assert.Contains(Path.GetFileName(path), refusal.Message, StringComparison.Ordinal);
            var reason = refusal.Message.Replace(path, "", StringComparison.Ordinal);
            Assert.True(expected
                .GetProperty("reason_any")
                .EnumerateArray()
                .Any(r => reason.Contains(r.GetString()!, StringComparison.OrdinalIgnoreCase)), $"The reason does not help: {reason}");
            return;
        }

        Assert.True(verdict != "reject", "It must be refused, but was accepted.");
        if (!expected.TryGetProperty("summary", out var summary)) return;
        foreach (var tensor in summary.GetProperty("tensors").EnumerateObject())
        {
            var read = tensors!.Named(tensor.Name);
            Assert.Equal(tensor.Value.GetProperty("dtype").GetString(), RecordedTree.NameOf(read.dtype));
            Assert.Equal(tensor.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()), read.shape);
            Assert.Equal(tensor.Value.GetProperty("sha256_le").GetString(), RecordedTree.Sha256Of(read));
        }
    }
}
