using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Ark;

/// <summary>
/// Weights that lie in a folder, as Hugging Face keeps them: in one file, or in several that an index (<c>*.index.json</c>) lists.
/// </summary>
internal static class WeightShards
{
    private const int MaxIndex = 48 << 20;
    private const int MaxShards = 1000;

    private static readonly string[] Usual =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    private static readonly string[] Endings =
        [".safetensors.index.json", ".safetensors", ".bin.index.json", ".bin", ".pth", ".pt", ".pth.tar"];

    /// <summary>The weight file that a path names: itself, or the one in a folder.</summary>
    /// <exception cref="CheckpointException">The folder has none, or several.</exception>
    public static string FileOf(string path)
    {
        if (!Directory.Exists(path)) return path;
        try
        {
            if (Usual.Select(n => Path.Combine(path, n)).FirstOrDefault(File.Exists) is { } usual) return usual;
            var names = Directory.EnumerateFiles(path).Select(Path.GetFileName).OfType<string>().ToList();
            foreach (var ending in Endings)
            {
                var found = names.Where(n => n.EndsWith(ending, StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
                if (found.Count == 1) return Path.Combine(path, found[0]);
                if (found.Count > 1)
                    throw new CheckpointException(
                        path, null, $"is a folder with several weight files: {string.Join(", ", found.Take(3))}", "Name one of them.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, null, $"cannot be read: {e.Message.TrimEnd('.')}", innerException: e);
        }

        throw new CheckpointException(
            path, null, "is a folder, not a file, and has no weight file", $"Name a weight file, or a folder with {Usual[0]}.");
    }

    /// <summary>Whether a file is an index of others: JSON, which no weight file begins as.</summary>
    public static bool IsIndex(FileSlice file)
    {
        Span<byte> start = stackalloc byte[9];
        start = start[..file.ReadSome(0, start)];
        // A safetensors header has its length in front.
        return start is [(byte)'{', ..] && (start.Length < 9 || start[8] != (byte)'{') && file.Path.EndsWith(
            ".json", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads the files that an index lists, as if they were one.</summary>
    /// <param name="index">The index.</param>
    /// <param name="read">Reads one of them.</param>
    /// <param name="opened">Receives what was opened, for the caller to close, with its path.</param>
    public static CheckpointContent Read(
        FileSlice index, Func<FileSlice, CheckpointContent> read, List<(string Path, SafeFileHandle Handle)> opened)
    {
        var places = Places(index);
        var root = new PickleDictionary();
        var contents = new List<CheckpointContent>();
        var folder = Path.GetDirectoryName(index.Path) ?? "";
        foreach (var shard in places.Values.Distinct(StringComparer.Ordinal))
        {
            var file = FileSlice.Open(Path.Combine(folder, shard), out var handle);
            opened.Add((file.Path, handle));
            var content = read(file);
            if (PickleDictionary.Of(content.Root) is not { } tensors)
                throw new CheckpointException(file.Path, null, "holds no tensors by name");
            foreach (var (key, value) in tensors)
            {
                // One that is in several files is where the index says.
                if (key is not string name || (places.TryGetValue(name, out var place) && place != shard)) continue;
                if (!root.TryAdd(name, value)) throw new CheckpointException(file.Path, $"tensor '{name}'", "is in another file, too");
            }

            contents.Add(content);
        }

        if (places.Keys.FirstOrDefault(n => !root.ContainsKey(n)) is { } missing)
        {
            throw new CheckpointException(
                index.Path, $"tensor '{missing}'", $"is not in the file '{places[missing]}'", "Fetch the files anew.");
        }


        return new CheckpointContent(contents[0].Format, root)
        {
            Metadata = contents[0].Metadata,
            VerifyRest = () => contents.ForEach(c => c.VerifyRest?.Invoke()),
        };
    }

    /// <summary>The file of every tensor.</summary>
    private static Dictionary<string, string> Places(FileSlice index)
    {
        if (index.Length > MaxIndex)
            throw new CheckpointException(index.Path, null, $"is too large for an index: {index.Length} bytes; the limit is {MaxIndex}");
        var bytes = new byte[index.Length];
        index.ReadExactly(0, bytes, "index");
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            if (!document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
                throw new CheckpointException(index.Path, null, "is no index of weight files: it has no 'weight_map'");
            var result = map.EnumerateObject().ToDictionary(e => e.Name, e => e.Value.GetString() ?? "", StringComparer.Ordinal);
            var shards = result.Values.ToHashSet(StringComparer.Ordinal);
            if (shards.Count is 0 or > MaxShards || result.Count > PickleLimits.Tensors)
                throw new CheckpointException(index.Path, null, $"lists {result.Count} tensors in {shards.Count} files: none, or too many");
            // Only what lies beside the index is part of it.
            if (shards.FirstOrDefault(s => s.Length == 0 || s.AsSpan().ContainsAny('/', '\\', ':') || s is "." or "..") is { } other)
                throw new CheckpointException(index.Path, "key 'weight_map'", $"names '{other}', which is no file beside it");
            return result;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(index.Path, null, $"is invalid JSON: {e.Message.TrimEnd('.')}", innerException: e);
        }
    }
}
