using System.Reflection;
using System.Text;
using static TorchSharp.torch;

namespace Ark.Fuzz;

/// <summary>Where seeds come from: small committed files, and files made here.</summary>
internal static class Samples
{
    private const int MaxLength = 20_000;

    private static readonly string Fixtures = Path.GetFullPath(typeof(Samples).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(a => a.Key == "FixturesDirectory").Value!);

    /// <summary>The small files of a folder of the tests, by their endings.</summary>
    public static List<byte[]> Files(string folder, params string[] endings) => Files(folder, MaxLength, endings);

    public static List<byte[]> Files(string folder, int most, params string[] endings) =>
        [.. Directory.EnumerateFiles(Path.Combine(Fixtures, folder), "*", SearchOption.AllDirectories)
            .Where(f => endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)) && new FileInfo(f).Length is > 0 and var length
                && length <= most)
            .Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)];

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>What a writer writes into a file.</summary>
    public static byte[] Written(string name, Action<string> write)
    {
        var folder = Directory.CreateTempSubdirectory("ark-fuzz-seed-");
        try
        {
            var path = Path.Combine(folder.FullName, name);
            write(path);
            return File.ReadAllBytes(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A safetensors file of two small tensors.</summary>
    public static byte[] Safetensors(string first, string second, IReadOnlyDictionary<string, string>? metadata = null) =>
        Written("a.safetensors", path =>
        {
            using var scope = NewDisposeScope();
            Ark.Safetensors.Save(path, [KeyValuePair.Create(first, arange(6).reshape(2, 3).to(float32)), KeyValuePair.Create(
                second, ones(4))], metadata);
        });
}
