using static TorchSharp.torch;

namespace Ark;

/// <summary>The safetensors format: a JSON index followed by the tensors' bytes.</summary>
public static class Safetensors
{
    /// <summary>Reads every tensor of a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Tensors by name, in the order of the index, on the CPU; the caller owns them.</returns>
    /// <exception cref="CheckpointException">The file is missing, or no valid safetensors file.</exception>
    public static Dictionary<string, Tensor> Load(string path)
    {
        using var reader = CheckpointReader.OpenSafetensors(path);
        var root = (PickleDictionary)reader.LoadAll()!;
        return root.ToDictionary(e => (string)e.Key, e => (Tensor)e.Value!, StringComparer.Ordinal);
    }

    /// <summary>Reads the texts that a file carries beside its tensors.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The texts by key; empty where there are none.</returns>
    /// <exception cref="CheckpointException">The file is missing, or no valid safetensors file.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        using var reader = CheckpointReader.OpenSafetensors(path);
        return reader.Metadata!;
    }

    /// <summary>Writes a file. It appears under its name only when it is complete and flushed to disk.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors; borrowed. Other devices and layouts are copied first.</param>
    /// <param name="metadata">Texts to keep beside them.</param>
    /// <exception cref="ArgumentException">A name occurs twice, or a tensor has a type that the format lacks.</exception>
    /// <exception cref="CheckpointException">The file cannot be written; the older one, if any, is unchanged.</exception>
    public static void Save(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        var writer = new SafetensorsWriter(tensors.Select(t => KeyValuePair.Create(t.Key, TensorSource.Of(t.Value))), metadata);
        AtomicFile.Write(path, writer.Write);
    }
}
