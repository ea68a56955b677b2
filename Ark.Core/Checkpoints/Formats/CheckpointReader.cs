using Microsoft.Win32.SafeHandles;

namespace Ark;

/// <summary>An open weight file: its tree of values, with records in the place of tensors, and the bytes behind these.</summary>
internal sealed class CheckpointReader : IDisposable
{
    private readonly IReadOnlyList<SafeFileHandle> _handles;
    private readonly Action? _verifyRest;

    private CheckpointReader(
        IReadOnlyList<(string Path, SafeFileHandle Handle)> opened, string path, string? stripPrefix, CheckpointContent content)
    {
        _handles = [.. opened.Select(o => o.Handle)];
        Files = [.. opened.Select(o => o.Path)];
        Path = path;
        StripPrefix = stripPrefix;
        Format = content.Format;
        Metadata = content.Metadata;
        _verifyRest = content.VerifyRest;
        var tensors = new List<KeyValuePair<string, StoredTensor>>();
        long characters = 0;
        Root = PickleTree.Visit(path, content.Root, (name, tensor) =>
        {
            characters += name.Length;
            if (tensors.Count == PickleLimits.Tensors || characters > PickleLimits.Names)
                throw new CheckpointException(
                    path,
                    null,
                    $"names too many tensors; the limit is {PickleLimits.Tensors}, and {PickleLimits.Names} characters of names");
            tensors.Add(new(name, (StoredTensor)tensor));
            return tensor;
        });
        Tensors = tensors;
    }

    public string Path { get; }

    /// <summary>The files that were opened: the one of the path, or an index and those that it lists.</summary>
    public IReadOnlyList<string> Files { get; }

    public CheckpointFormat Format { get; }

    /// <summary>What to take off the names of tensors; <see langword="null"/> to find out.</summary>
    public string? StripPrefix { get; }

    /// <summary>The value in the file; tensors are <see cref="StoredTensor"/>.</summary>
    public object? Root { get; private set; }

    /// <summary>Every tensor by its dotted path, in the order of the file.</summary>
    public IReadOnlyList<KeyValuePair<string, StoredTensor>> Tensors { get; }

    /// <summary>The texts in a safetensors header.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; }

    /// <summary>
    /// Opens a file of any format, an index of files, or a folder that has one of these, and reads no more than its index.
    /// </summary>
    public static CheckpointReader Open(string path, PyTorchLoadOptions? options = null) =>
        Open(path, file => CheckpointFormats.Read(file, options ?? new PyTorchLoadOptions()), options?.StripPrefix);

    /// <summary>Opens a safetensors file.</summary>
    public static CheckpointReader OpenSafetensors(string path) => Open(path, CheckpointFormats.ReadSafetensors);

    private static CheckpointReader Open(string path, Func<FileSlice, CheckpointContent> read, string? stripPrefix = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = WeightShards.FileOf(path);
        var file = FileSlice.Open(path, out var handle);
        var opened = new List<(string Path, SafeFileHandle Handle)> { (path, handle) };
        try
        {
            return new CheckpointReader(
                opened, path, stripPrefix, WeightShards.IsIndex(file) ? WeightShards.Read(file, read, opened) : read(file));
        }
        catch (Exception e)
        {
            foreach (var (_, one) in opened) one.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException(path, null, $"cannot be read: {e.Message.TrimEnd('.')}", innerException: e);
            throw;
        }
    }

    /// <summary>Reads every tensor, and gives the tree with tensors in the place of records; the caller owns them.</summary>
    public object? LoadAll()
    {
        using var assembler = new TensorAssembler(Path);
        assembler.ReadStorages(Tensors.Select(t => t.Value));
        var root = PickleTree.Visit(Path, Root, (_, tensor) => tensor is StoredTensor stored ? assembler.Assemble(stored) : tensor);
        VerifyRest();
        assembler.Release();
        Root = null;
        return root;
    }

    /// <summary>Compares the checksums of what nothing has read.</summary>
    public void VerifyRest() => _verifyRest?.Invoke();

    public void Dispose()
    {
        foreach (var handle in _handles) handle.Dispose();
    }
}
