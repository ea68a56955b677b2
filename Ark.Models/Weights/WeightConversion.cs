using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Writes one state dict of a weight file to another file: its format by the ending, its names by the layout. One tensor is in memory at a
/// time.
/// </summary>
public static class WeightConversion
{
    /// <summary>The endings of PyTorch files.</summary>
    public static IReadOnlyList<string> PyTorchEndings { get; } = [".pth", ".pt", ".pth.tar", ".bin"];

    /// <summary>Converts a file.</summary>
    /// <param name="input">The file to read: PyTorch's, or safetensors.</param>
    /// <param name="output">
    /// The file to write, in place of an older one once it is whole. Its ending chooses the format: <c>.safetensors</c>, or one of
    /// <see cref="PyTorchEndings"/>.
    /// </param>
    /// <param name="options">What becomes of it; <see langword="null"/> to change the format alone.</param>
    /// <param name="progress">Is told how many bytes have been read, and how many there are, from another thread.</param>
    /// <param name="cancellationToken">Ends the conversion; an older file stays.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ArkInputException">The ending tells no format, the data type is no floating-point type, or the file cannot be
    /// written.</exception>
    /// <exception cref="CheckpointException">The file cannot be read, has no such key, or has no place in the layout or format.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public static Task<ConversionResult> ConvertAsync(
        string input, string output, ConversionOptions? options = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(input);
        ArgumentException.ThrowIfNullOrEmpty(output);
        return Task.Run(() => Convert(input, output, options ?? new ConversionOptions(), progress, cancellationToken), cancellationToken);
    }

    private static ConversionResult Convert(
        string input, string output, ConversionOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var wanted = options.DataType is { } type ? FloatingPoint(type) : null;
        var toSafetensors = IsSafetensors(output);
        using var reader = CheckpointReader.Open(input, options.Reading);
        using var headReader = options.Heads is { } heads ? CheckpointReader.Open(heads, options.Reading) : null;
        var found = StateDictChoice.Choose(reader, options.NestedKey, SwinFinder.Instance);
        if (headReader is not null) found = WithHeads(input, found, headReader);
        var recognized = WeightRecognition.Recognize(found.Shapes);
        if (headReader is not null && recognized is null)
        {
            throw new CheckpointException(headReader.Path, null, $"has a projector or heads that do not fit the backbone of '{input}'",
                "Take the heads of a model with the same backbone.");
        }

        // Whoever keeps the names keeps what lies beside the network, too.
        var choice = options.Layout is null && reader.StripPrefix is null && headReader is null
            ? StateDictChoice.Choose(reader, found.NestedKey, networks: null)
            : found;
        if (options.Layout is not null && recognized is null)
            throw new CheckpointException(
                input,
                choice.NestedKey.Length == 0 ? null : $"key '{choice.NestedKey}'",
                "holds no Swin Transformer that is known, so its names cannot be translated",
                "Leave 'Layout' out to keep them.");
        var names = Names(choice, options.Layout);
        var kept = choice.Tensors.Where(t => names[t.Key] is not null).ToList();
        var total = kept.Sum(t => t.Value.ByteCount);
        long done = 0;
        ParallelReading.ForEach(kept.Select(t => t.Value.Storage.Bytes!).Distinct().ToList(), b => b.Length, b => b.Verify());
        var sources = new OrderedDictionary<string, TensorSource>(StringComparer.Ordinal);
        foreach (var (name, stored) in kept)
        {
            var element = StoredTensorSource.ElementFor(stored, wanted);
            if (toSafetensors && element.SafetensorsName is null)
                throw new CheckpointException(input, $"tensor '{name}'", $"is of {element.Name}, which safetensors has not");
            if (!sources.TryAdd(names[name]!, new StoredTensorSource(input, name, stored, element, OnOpen)))
                throw new CheckpointException(input, $"tensor '{name}'", $"would get the name '{names[name]}', which another has already");
        }

        // The heads' own file says what they are.
        var described = headReader ?? reader;
        var description = recognized is { HeadOutputs.Count: > 0 }
            && options.Layout is null or WeightLayout.Ark
            ? StoredDescription.Read(described.Path, described.Root, described.Metadata, recognized!)
            : null;
        if (toSafetensors)
            AtomicFile.Write(output, new SafetensorsWriter(sources, Metadata(reader, recognized, options.Layout, description)).Write);
        else WritePyTorch(output, sources, nestAsModel: options.Layout == WeightLayout.Swin);
        return new ConversionResult(
            choice.NestedKey,
            kept.Count,
            total,
            [.. choice.Tensors.Keys.Where(n => names[n] is null), .. choice.LeftOut.Keys],
            LabelsLost: description is not null && !toSafetensors,
            choice == found ? found.Remark : found.KeyRemark);

        void OnOpen(StoredTensor stored)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new WorkProgress("converting", done, total));
            done += stored.ByteCount;
        }
    }

    /// <summary>The state dict with the projector and the heads of another file in place of its own.</summary>
    private static StateDictChoice WithHeads(string input, StateDictChoice choice, CheckpointReader reader)
    {
        var found = StateDictChoice.Choose(reader, nestedKey: null, SwinFinder.Instance);
        var tensors = new OrderedDictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (name, tensor) in choice.Tensors)
            if (!SwinNames.IsArks(name)) tensors.Add(name, tensor);
        var kept = tensors.Count;
        foreach (var (name, tensor) in found.Tensors)
            if (SwinNames.IsArks(name)) tensors.Add(name, tensor);
        if (kept == 0) throw new CheckpointException(input, null, "holds no backbone to put heads on", "Give the file with the backbone.");
        if (tensors.Count == kept)
            throw new CheckpointException(reader.Path, null, "holds no projector and no heads ('Heads')", "Give the file that has them.");
        return choice with { Tensors = tensors };
    }

    private static ElementType FloatingPoint(
        ScalarType type) => type is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16
        ? ElementType.OfScalar(type)!
        : throw new ArkInputException(
            "conversion options", "'DataType'", $"{type} is no floating-point type", "Give Float64, Float32, Float16 or BFloat16.");

    private static bool IsSafetensors(string output)
    {
        if (output.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) return true;
        if (PyTorchEndings.Any(e => output.EndsWith(e, StringComparison.OrdinalIgnoreCase))) return false;
        throw new ArkInputException(
            output, null, "has an ending that tells no format", $"Use .safetensors, or for PyTorch {string.Join(", ", PyTorchEndings)}.");
    }

    private static Dictionary<string, string?> Names(StateDictChoice choice, WeightLayout? layout)
    {
        var ours = layout is null ? [] : SwinNames.FromFile([.. choice.Tensors.Keys]);
        return choice.Tensors.Keys.ToDictionary(n => n, n => Target(ours.GetValueOrDefault(n, n)), StringComparer.Ordinal);

        string? Target(string name) => layout switch
        {
            WeightLayout.Timm => SwinNames.ToLaterTimm(name),
            WeightLayout.Swin => SwinNames.IsArks(name) ? null : name,
            _ => name,
        };
    }

    private static Dictionary<string, string> Metadata(
        CheckpointReader reader, RecognizedWeights? recognized, WeightLayout? layout, ArkModelConfiguration? description)
    {
        var result = new Dictionary<string, string>(reader.Metadata ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        result.Remove(StoredDescription.MetadataKey);
        // Python's readers look for this to know that the tensors are PyTorch's.
        result["format"] = "pt";
        var isArk = recognized is { HeadOutputs.Count: > 0 } && layout is null or WeightLayout.Ark;
        if (isArk && (description ?? recognized!.ToConfiguration()) is { } configuration && configuration.Heads.All(h => h.HasKnownLabels))
            result[StoredDescription.MetadataKey] = StoredDescription.ToJson(configuration);
        return result;
    }

    private static void WritePyTorch(string output, OrderedDictionary<string, TensorSource> sources, bool nestAsModel)
    {
        var storages = new StorageTable();
        object value = nestAsModel ? new OrderedDictionary<string, object?> { ["model"] = sources } : sources;
        var pickle = new PickleWriter(storages).Write(value);
        AtomicFile.Write(output, stream => PyTorchZipWriter.Write(stream, pickle, storages));
    }
}
