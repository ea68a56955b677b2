namespace Ark;

/// <summary>
/// Files of PyTorch's <c>torch.save</c>, read and written without Python. Reading builds plain values and never runs anything:
/// the file's pickle may use names from a fixed list alone.
/// </summary>
/// <remarks>
/// Python values become: <c>None</c> <see langword="null"/>; <c>bool</c> <see cref="bool"/>; <c>int</c> <see cref="long"/>, or
/// <see cref="System.Numerics.BigInteger"/> beyond its range; <c>float</c> <see cref="double"/>; <c>complex</c>
/// <see cref="System.Numerics.Complex"/>; <c>str</c> <see cref="string"/>; <c>bytes</c> an array of <see cref="byte"/>; <c>list</c> a
/// <see cref="List{T}"/> of objects; <c>tuple</c>
/// and <c>torch.Size</c> <see cref="PickleTuple"/>; sets <see cref="PickleSet"/>; every kind of <c>dict</c> <see cref="PickleDictionary"/>;
/// tensors <see cref="TorchSharp.torch.Tensor"/> on the CPU (parameters <see cref="TorchSharp.Modules.Parameter"/>), sharing storage where
/// the file does; NumPy arrays <see cref="NumpyArray"/> and NumPy scalars the .NET number of their width; objects of the few harmless
/// classes that are let through, devices and dtypes <see cref="PickleRecord"/>. Unsigned 16- and 32-bit and 8-bit float tensors become the
/// next wider type that TorchSharp has.
/// </remarks>
public static class PyTorchFile
{
    /// <summary>Reads a whole file: the zip format, the legacy format, or the tar format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it; <see langword="null"/> for the defaults.</param>
    /// <returns>The value; mostly a <see cref="PickleDictionary"/>. The caller owns the tensors in it (a dispose scope around the call
    /// frees them).</returns>
    /// <exception cref="CheckpointException">The file is missing, damaged, of another format, or asks for what is not allowed.</exception>
    public static object? Load(string path, PyTorchLoadOptions? options = null)
    {
        using var reader = CheckpointReader.Open(path, options);
        if (reader.Format == CheckpointFormat.Safetensors)
            throw new CheckpointException(path, null, "is a safetensors file, not one of PyTorch", "Load it with Safetensors.Load.");
        if (reader.Tensors.Count == 0 && reader.Root is not PickleDictionary)
            throw new CheckpointException(path, null, "holds no tensors: the root of its pickle is no state dict, but other values");
        return reader.LoadAll();
    }

    /// <summary>
    /// Writes a file that Python's <c>torch.load</c> reads (1.6 and newer; also with <c>weights_only=True</c>, see the remarks). The file
    /// appears under its name only when it is complete and flushed to disk; an older file of that name stays whole until then.
    /// </summary>
    /// <remarks>
    /// PyTorch before 2.0 refuses every plain float with <c>weights_only=True</c>, whoever wrote it (state dicts hold none). A number that
    /// must be read there too can be kept as a tensor without dimensions. The same value always gives the same bytes.
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <param name="value">
    /// Numbers, texts, <see langword="null"/>, tensors, lists, tuples, and dictionaries with keys of text or whole numbers, in any nesting.
    /// A dictionary whose values are declared as tensors (a state dict) becomes a <c>collections.OrderedDict</c>, others a <c>dict</c>;
    /// what <see cref="Load"/> returns is written back as it was, sets, records and NumPy arrays apart.
    /// </param>
    /// <exception cref="ArgumentException">The value holds something that cannot be written.</exception>
    /// <exception cref="CheckpointException">The file cannot be written; the older one, if any, is unchanged.</exception>
    public static void Save(string path, object value)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(value);
        var storages = new StorageTable();
        var pickle = new PickleWriter(storages).Write(value);
        AtomicFile.Write(path, stream => PyTorchZipWriter.Write(stream, pickle, storages));
    }
}
