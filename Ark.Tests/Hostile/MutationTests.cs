namespace Ark.Tests.Hostile;

/// <summary>Thousands of damaged files of each format: every one is read, or refused with the library's own exception.</summary>
public class MutationTests
{
    private const int Mutants = 12_000;

    private static readonly string[] Zips =
    [
        "nested_zip.pth", "views_zip.pth", "numpy_zip.pth", "optimizers_zip.pth", "namespace_zip.pth", "parameters_zip.pth"
    ];
    private static readonly string[] Legacies =
    [
        "nested_legacy.pth", "views_legacy.pth", "numpy_legacy.pth", "optimizers_legacy.pth", "protocol4_legacy.pth", "shapes_legacy.pth"
    ];

    [Fact]
    public void Every_mutant_of_zip_files_is_read_or_refused() => Run(1, Read(Zips), bytes => bytes);

    [Fact]
    public void Every_mutant_of_the_pickle_in_a_zip_file_with_right_checksums_is_read_or_refused()
    {
        // Without this, the checksums would stop nearly every mutant before the unpickler sees it.
        var archives = Zips.Select(f => Unzip(Fixture.PathOf("09_checkpoints", f))).ToList();
        var pickles = archives.Select(a => a.Single(e => e.Name.EndsWith("data.pkl", StringComparison.Ordinal)).Content).ToList();
        var next = 0;
        Run(2, pickles, pickle => Zip(archives[next++ % archives.Count], pickle));
    }

    [Fact]
    public void Every_mutant_of_legacy_files_is_read_or_refused() => Run(3, Read(Legacies), bytes => bytes);

    [Fact]
    public void Every_mutant_of_safetensors_files_is_read_or_refused() =>
        Run(4, Read(["nested_zip.pth.safetensors", "dtypes_zip.pth.safetensors", "shapes_zip.pth.safetensors"]), bytes => bytes);

    [Fact]
    public void Every_mutant_of_tar_files_is_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        TarSamples.WriteFirstFormat(folder.PathOf("a.tar"));
        TarSamples.WriteWrapped(folder.PathOf("b.tar"), File.ReadAllBytes(Fixture.PathOf("09_checkpoints", "plain_legacy.pth")));
        Run(5, [File.ReadAllBytes(folder.PathOf("a.tar")), File.ReadAllBytes(folder.PathOf("b.tar"))], RepairTarHeader);
    }

    private static List<byte[]> Read(string[] files) => [.. files.Select(f => File.ReadAllBytes(Fixture.PathOf("09_checkpoints", f)))];

    private static void Run(ulong seed, List<byte[]> originals, Func<byte[], byte[]> finish)
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("mutant.pth");
        var accepted = 0;
        var refused = 0;
        for (var i = 0; i < Mutants; i++)
        {
            var random = new RandomStream(seed, (ulong)i);
            var mutant = finish(Mutate(originals[i % originals.Count], originals, random));
            // A file that is overwritten in place may be flushed to disk each time; a new one is not.
            File.Delete(path);
            File.WriteAllBytes(path, mutant);
            try
            {
                using var tensors = new LoadedTensors();
                var first = mutant.AsSpan().IndexOf("\"data_offsets\""u8) >= 0;
                if (first)
                {
                    var read = Safetensors.Load(path);
                    foreach (var (name, tensor) in read) tensors.Add(name, tensor);
                }
                else
                {
                    tensors.Take(path, PyTorchFile.Load(path));
                }

                // Touches every element, so that a view past its storage would show.
                tensors.ReadAll();
                CheckpointFile.ReadIndex(path);
                accepted++;
            }
            catch (CheckpointException)
            {
                refused++;
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"Mutant {i} of seed {seed} ended in {e}");
            }
        }

        // A test in which all mutants fall at the first gate, or none does any harm, tests nothing.
        Assert.InRange(refused, Mutants / 10, Mutants);
        Assert.InRange(accepted, Mutants / 400, Mutants);
    }

    private static byte[] Mutate(byte[] original, List<byte[]> others, RandomStream random)
    {
        var bytes = new List<byte>(original);
        for (var change = random.NextInt32(3); change >= 0 && bytes.Count > 8; change--)
        {
            var at = random.NextInt32(bytes.Count);
            switch (random.NextInt32(8))
            {
                case 0 or 1 or 2:
                    bytes[at] ^= (byte)(1 << random.NextInt32(8));
                    break;
                case 3:
                    bytes[at] = (byte)random.NextInt32(256);
                    break;
                case 4:
                    byte[] extremes = [0, 1, 0x7f, 0x80, 0xff];
                    for (var i = at; i < Math.Min(at + 1 + random.NextInt32(8), bytes.Count); i++)
                        bytes[i] = extremes[random.NextInt32(extremes.Length)];
                    break;
                case 5:
                    bytes.RemoveRange(at, Math.Min(1 + random.NextInt32(random.Chance(0.2) ? 200 : 4), bytes.Count - at));
                    break;
                case 6:
                    bytes.InsertRange(
                        at, bytes.GetRange(random.NextInt32(bytes.Count), 1).Concat(bytes.Skip(at).Take(random.NextInt32(20))));
                    break;
                default:
                    var other = others[random.NextInt32(others.Count)];
                    var from = random.NextInt32(other.Length);
                    for (var i = 0; i < random.NextInt32(40) && at + i < bytes.Count && from + i < other.Length; i++)
                        bytes[at + i] = other[from + i];
                    break;
            }
        }

        return [.. bytes];
    }

    private static List<(string Name, byte[] Content)> Unzip(string path)
    {
        var file = FileSlice.Open(path, out var handle);
        using (handle) return [.. ZipIndex.Read(file).Entries.Select(e => (e.Name, e.Bytes(file, verify: true).ToArray()))];
    }

    private static byte[] Zip(List<(string Name, byte[] Content)> entries, byte[] pickle)
    {
        using var stream = new MemoryStream();
        var zip = new ZipWriter(stream);
        foreach (var (name, content) in entries) zip.Add(name, name.EndsWith("data.pkl", StringComparison.Ordinal) ? pickle : content);
        zip.Finish();
        return stream.ToArray();
    }

    /// <summary>Makes the first header's checksum right again, so that more mutants get past it.</summary>
    private static byte[] RepairTarHeader(byte[] tar)
    {
        if (tar.Length < 512) return tar;
        var sum = 8 * ' ' + tar.Take(148).Concat(tar.Skip(156).Take(356)).Sum(b => b);
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, 148);
        return tar;
    }
}
