using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Builds the network that a file holds, and loads it.</summary>
internal static class ModelLoader
{
    // Tied weights and the masks and indices that a file may lack; far below what a file that lies about its sizes would ask for.
    private const long Allowance = 256L << 20;

    /// <summary>Opens a file, recognises what it holds, and fills what is built for it.</summary>
    /// <typeparam name="T">The network.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="nestedKey">Where the state dict is; <see langword="null"/> to choose.</param>
    /// <param name="options">How to read the file.</param>
    /// <param name="report">Receives what became of every tensor.</param>
    /// <param name="plan">Says from names and sizes which backbone the file holds, and makes the network without drawing weights.</param>
    /// <param name="takeOver">Makes, for the network, what is asked for each tensor whether it takes it over; <see langword="null"/> to
    /// read all.</param>
    /// <param name="use">Called with the network while the file is open.</param>
    /// <returns>The network, in evaluation mode.</returns>
    public static T Load<T>(
        string path, string? nestedKey, PyTorchLoadOptions? options, out LoadReport report,
        Func<CheckpointReader, StateDictChoice, ModelPlan<T>> plan,
        Func<T, Func<Tensor, StorageBytes, bool>>? takeOver = null, Action<T>? use = null)
        where T : SwinBackbone
    {
        // libtorch takes half a second to load; the file is looked through meanwhile.
        var native = Task.Run(NativeRuntime.Ensure);
        using var reader = CheckpointReader.Open(path, options);
        var choice = StateDictChoice.Choose(reader, nestedKey, SwinFinder.Instance);
        var planned = plan(reader, choice);
        CheckMemory(path, PlaceOf(choice), choice, planned.Backbone);
        native.GetAwaiter().GetResult();
        var network = Layers.Unfilled(planned.Allocate);
        try
        {
            // What only Ark's networks have may be left out when the backbone alone is asked for; nothing else may.
            string[] leftOut = planned.HasHeads ? [] : [.. choice.Tensors.Keys.Where(SwinNames.IsArks)];
            report = StateDictLoader.LoadChosen(
                network, reader, choice, strict: true, leftOut, loadedParameters: null, takeOver?.Invoke(network), isNew: true);
            if (planned.IsDescribed && report.Mismatched is [var other, ..])
                throw new CheckpointException(path, $"tensor '{other.Name}'", $"has the shape {WordsOf(other.FileShape)}, but the model "
                    + $"that the file describes has {WordsOf(other.ModelShape)}: the description is of another network");
            // What went into the network has been compared on the way.
            var stored = choice.Tensors.Values.Select(t => t.Storage.Bytes!).Where(b => !b.Verified).Distinct().ToList();
            ParallelReading.ForEach(stored, b => b.Length, b => b.Verify());
            ZeroWhatTheFileLacks(network, report);
            network.eval();
            use?.Invoke(network);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Recognises the network of a state dict.</summary>
    /// <exception cref="CheckpointException">It is none that is known.</exception>
    public static RecognizedWeights Recognize(CheckpointReader reader, StateDictChoice choice) =>
        WeightRecognition.Recognize(choice.Shapes) ?? throw new CheckpointException(reader.Path, PlaceOf(choice),
            WeightRecognition.WhyNot(choice.Shapes) is { } why
                ? $"holds {why}"
                : $"holds no Swin Transformer that is known{OtherNetworks.WordsFor(choice.Tensors.Keys)}: its {choice.Tensors.Count} "
                    + $"tensors begin with {string.Join(", ", choice.Tensors.Keys.Take(3))}",
            "'CheckpointFile' lists them; choose another key, or build the model yourself and use load_checkpoint.");

    private static string WordsOf(IEnumerable<long>? shape) => $"[{string.Join(", ", shape ?? [])}]";

    private static string? PlaceOf(StateDictChoice choice) => choice.NestedKey.Length == 0 ? null : $"key '{choice.NestedKey}'";

    private static void ZeroWhatTheFileLacks(SwinBackbone network, LoadReport report)
    {
        using var off = no_grad();
        var filled = report.Loaded.Concat(report.Resized).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, parameter) in network.named_parameters())
        {
            if (!filled.Contains(name)) parameter.zero_().Dispose();
        }
    }

    /// <summary>Refuses a file whose tensors claim, by strides of zero or repeated storages, to be much larger than the file.</summary>
    private static void CheckMemory(string path, string? place, StateDictChoice choice, SwinConfiguration backbone)
    {
        var real = choice.Tensors.Values.SelectMany(t => t.Storage.Sources).Distinct().Sum(s => s.ByteCount);
        var (claimed, derived) = (choice.Tensors.Values.Sum(t => (double)t.ByteCount), WeightRecognition.DerivedBytes(backbone));
        if (claimed > (2.0 * real) + Allowance || derived > (4.0 * real) + Allowance)
        {
            var described = (claimed + derived) / (1 << 20);
            throw new CheckpointException(path, place, FormattableString.Invariant(
                $"describes tensors of {described:F0} MB, but stores {real >> 20} MB: too large for what is in the file"));
        }
    }
}
