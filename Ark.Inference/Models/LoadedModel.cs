using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>
/// A model with what one must know to use it. Weights are held once: in the order of the inference engine where that has one of its own,
/// else as the plain network. Models of one file that a host registers share them. Thread-safe.
/// </summary>
/// <remarks>
/// Take it for the services that run a model over many images or explain it: <see cref="ImagePredictor"/>,
/// <see cref="EmbeddingExtractor"/>, <see cref="NeighborSearch"/>, <see cref="ArkExplainer"/>, and those of the package Ark.Training. Take
/// <see cref="IArkClassifier"/> for probabilities of images that come one at a time, <see cref="InferenceEngine"/> for forward passes over
/// tensors that are prepared already, and <see cref="ArkModel"/> for gradients and state dicts.
/// </remarks>
public sealed class LoadedModel : IDisposable
{
    private readonly ModelWeights _weights;
    private int _disposed;

    internal LoadedModel(ModelWeights weights, string checkpoint, ModelRole role, Device device, InferencePrecision precision) =>
        (_weights, Checkpoint, Weights, Device, Precision) = (weights, checkpoint, role, device, precision);

    /// <summary>The file that it was loaded from.</summary>
    public string Checkpoint { get; }

    /// <summary>The shape of the network.</summary>
    public ArkModelConfiguration Configuration => _weights.Configuration;

    /// <summary>Its shape, its input and its heads.</summary>
    public ModelDescription Description => _weights.Description;

    /// <summary>Which of a run's two networks it is.</summary>
    public ModelRole Weights { get; }

    /// <summary>Where it lives.</summary>
    public Device Device { get; }

    /// <summary>
    /// What one should know of the choice of the weights, where the file left one; see <see cref="LoadReport.Remark"/>.
    /// </summary>
    public string? Remark => _weights.Remark;

    /// <summary>Size and time of the file, or files, that it was loaded from.</summary>
    internal (long Length, DateTime Written) FileStamp => _weights.File?.Stamp ?? default;

    /// <summary>Which state dict was asked for, under which names; <see langword="null"/> for what is recognized.</summary>
    internal string? Source => _weights.File?.Source;

    /// <summary>The arithmetic that it was loaded for.</summary>
    public InferencePrecision Precision { get; }

    /// <summary>
    /// The arithmetic that this machine has for it: <see cref="InferencePrecision.Fp32"/> where bfloat16 was asked for and cannot be had.
    /// </summary>
    public InferencePrecision ActualPrecision => _weights.ActualOf(Precision);

    /// <summary>
    /// The plain network, in evaluation mode; it belongs to this object. Classification, embeddings and heat maps do not need it: where
    /// they have the weights in an order of their own, it is read from the file when it is first asked for, and takes its memory beside
    /// them.
    /// </summary>
    /// <exception cref="ArkInputException">The file has changed since the model was loaded, or cannot be read any more.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public ArkModel Model => Open().Network;

    /// <summary>Loads one network of a checkpoint that a run wrote, or the model of a file of the original Ark or Ark+.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="weights">Which network.</param>
    /// <param name="device">Where it shall live: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <param name="precision">The arithmetic that its weights are prepared for. Asked for another one later it prepares them once more,
    /// beside these.</param>
    /// <param name="nestedKey">Where in the file the state dict is, instead of <paramref name="weights"/>; <see langword="null"/> for what
    /// is recognized.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <param name="imageSize">Rows and columns of an image, for a file whose tensors do not tell them; <see langword="null"/> for what
    /// they tell, or what is usual for the window.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="ArkInputException">The file is no whole checkpoint, its model is not recognised, or it has another image
    /// size.</exception>
    public static LoadedModel Load(
        string path, ModelRole weights = ModelRole.Teacher, string device = "cpu", InferencePrecision precision = InferencePrecision.Fp32,
        string? nestedKey = null, PyTorchLoadOptions? options = null, int? imageSize = null)
    {
        return Load(path, weights, device, precision, nestedKey, options, imageSize, orBackbone: false);
    }

    /// <summary>Loads a network whose features alone may be wanted.</summary>
    internal static LoadedModel Load(
        string path, ModelRole weights, string device, InferencePrecision precision, string? nestedKey, PyTorchLoadOptions? options,
        int? imageSize, bool orBackbone)
    {
        NativeRuntime.Ensure();
        var target = ComputeDevice.Of(device);
        var file = ModelFile.Open(path, weights, nestedKey, options, imageSize) with { OrBackbone = orBackbone };
        return new LoadedModel(new ModelWeights(file, target, precision), path, weights, target, precision);
    }

    /// <summary>Loads a network on the CPU whose weights are wanted and not its answers.</summary>
    internal static LoadedModel LoadPlain(string path, ModelRole weights, PyTorchLoadOptions? options = null)
    {
        NativeRuntime.Ensure();
        return new LoadedModel(
            new ModelWeights(ModelFile.Open(path, weights, nestedKey: null, options), CPU, precision: null), path, weights, CPU,
            InferencePrecision.Fp32);
    }

    /// <summary>A network of the same shape with weights that were never trained, for comparison.</summary>
    /// <param name="seed">What the weights are drawn from.</param>
    /// <returns>The model; the caller disposes it.</returns>
    internal LoadedModel Untrained(ulong seed)
    {
        using var generator = new Generator(seed);
        return new LoadedModel(
            new ModelWeights(new ArkModel(Configuration, generator), Description, Device), Checkpoint, Weights, Device, Precision);
    }

    /// <summary>Runs the model in an arithmetic; borrowed. Weights are prepared when an arithmetic is first asked for.</summary>
    internal InferenceEngine Engine(InferencePrecision precision) => Open().Engine(precision);

    /// <summary>Whether an arithmetic takes no memory beside what is loaded.</summary>
    internal bool IsPreparedFor(InferencePrecision precision) => Open().IsPreparedFor(precision);

    /// <summary>Gives the weights up. They are released once every model that shares them is disposed.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _weights.Release();
    }

    private ModelWeights Open()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return _weights;
    }

    /// <summary>The head that reads a dataset: of the same name, or else the only one with the same labels.</summary>
    /// <param name="dataset">The dataset's name; case does not matter.</param>
    /// <param name="labels">Its labels; their order may be another than the head's.</param>
    /// <returns>The head, and the head's output for each label of the dataset.</returns>
    internal HeadChoice HeadOf(string dataset, LabelSchema labels)
    {
        var heads = Description.Heads;
        var known = string.Join(", ", heads.Select(h => $"{h.Name} ({h.Labels.Count})"));
        var named = Enumerable.Range(0, heads.Count)
            .Where(i => string.Equals(heads[i].Name, dataset, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(i => heads[i].Name == dataset)
            .ToList();
        // A merged head answers every dataset whose labels went into it.
        if (named.Count == 0
            && heads.ToList().FindIndex(h => h.Name == MergedHead.Name) is >= 0 and var merged
            && ColumnsIn(heads[merged].Labels, labels) is { } columns)
            return new HeadChoice(merged, columns);
        var alike = Enumerable.Range(0, heads.Count).Where(i => HaveSameNames(heads[i].Labels, labels)).ToList();
        if (named.Count == 0 && alike.Count != 1)
        {
            throw new ArkInputException("checkpoint", $"head '{dataset}'", "the model has no head of that name, and " + (alike.Count == 0
                ? "none with the dataset's labels"
                : "several with the dataset's labels"),
                $"Name the dataset as the head is named. It has: {known}.");
        }

        var head = named.Count > 0 ? named[0] : alike[0];
        if (!HaveSameNames(heads[head].Labels, labels))
        {
            throw new ArkInputException("checkpoint", $"head '{dataset}'", $"was trained on other labels than the dataset's: "
                + $"{string.Join(", ", heads[head].Labels.Names)}",
                "Give the dataset the same labels.");
        }

        var order = labels.Names.Select(name => heads[head].Labels.Names.ToList().IndexOf(name)).ToArray();
        return new HeadChoice(head, order.SequenceEqual(Enumerable.Range(0, order.Length)) ? null : order);
    }

    private static int[]? ColumnsIn(LabelSchema merged, LabelSchema labels)
    {
        var known = merged.Names.Select(MergedHead.Folded).ToList();
        int[] columns = [.. labels.Names.Select(n => known.IndexOf(MergedHead.Folded(n)))];
        return columns.Contains(-1) ? null : columns;
    }

    private static bool HaveSameNames(LabelSchema one, LabelSchema other) =>
        one.Count == other.Count && one.Names.ToHashSet(StringComparer.Ordinal).SetEquals(other.Names);
}
