using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Runs an <see cref="ArkModel"/> forward only, as fast as the machine allows: weights are prepared once, nothing is recorded for
/// gradients. Where a fast operator is missing, the plain operators give the same results.
/// </summary>
/// <remarks>
/// Take it for fast forward passes over tensors that are prepared already. Take <see cref="ArkModel"/> for gradients, <c>IArkClassifier</c>
/// for probabilities of image files, and <c>LoadedModel</c> for the services that take a model.
/// <para/>
/// Any number of threads may call one engine at once. The engine borrows the model, which must stay alive and unchanged: weights that
/// change after <see cref="Create(ArkModel, InferencePrecision)"/> are not seen. Tensors that it returns are single precision and belong to
/// the caller.
/// </remarks>
public sealed class InferenceEngine : IDisposable
{
    private readonly ArkModel _model;
    private readonly bool _ownsModel;
    private readonly PreparedNetwork? _prepared;
    private readonly FastPass? _fast;
    private readonly object _calls = new();
    private int _running;
    private bool _disposed;

    private InferenceEngine(ArkModel model, StreamedWeights? streamed, InferencePrecision precision, int threads, bool ownsModel)
    {
        _model = model;
        _ownsModel = ownsModel;
        Precision = precision;
        var isSinglePrecision = SinglePrecision.IsAllOf(model);
        if (!KernelWidth.IsSupported || !PreparedNetwork.TilesStages(model.Backbone) || !isSinglePrecision) return;
        _prepared = new PreparedNetwork(model, streamed, ActualOf(precision, model.Backbone));
        try
        {
            _fast = new FastPass(_prepared, threads);
        }
        catch
        {
            _prepared.Dispose();
            throw;
        }
    }

    /// <summary>The arithmetic.</summary>
    public InferencePrecision Precision { get; }

    /// <summary>The shape of the model.</summary>
    public ArkModelConfiguration Configuration => _model.Configuration;

    /// <summary>Whether the engine computes on the fast path.</summary>
    internal bool IsFast => _fast is not null;

    /// <summary>Set to have the time of the fast path taken.</summary>
    internal PassProfile? Profile
    {
        set => _fast?.Profile = value;
    }

    /// <summary>Prepares a model for inference.</summary>
    /// <param name="model">The model; borrowed for the life of the engine, which runs it in evaluation mode whatever its own mode is at
    /// this moment, and sets it to that mode.</param>
    /// <param name="precision">The arithmetic.</param>
    /// <returns>The engine; the caller owns it. It computes with the plain operators where a parameter or buffer is not in single precision
    /// on the CPU.</returns>
    /// <exception cref="ArgumentException">A parameter has been disposed, or has another shape than the model's configuration
    /// gives.</exception>
    public static InferenceEngine Create(ArkModel model, InferencePrecision precision = InferencePrecision.Fp32)
        => Create(model, precision, get_num_threads());

    internal static InferenceEngine Create(ArkModel model, InferencePrecision precision, int threads)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.eval();
        return new InferenceEngine(model, streamed: null, precision, threads, ownsModel: false);
    }

    /// <summary>
    /// Prepares the model that a weight file holds, without building it first: sooner ready than
    /// <see cref="ArkModel.Load(string, string?, PyTorchLoadOptions?)"/> and <see cref="Create(ArkModel, InferencePrecision)"/>, and in
    /// half the memory.
    /// </summary>
    /// <param name="path">The file, as <see cref="ArkModel.Load(string, string?, PyTorchLoadOptions?)"/> reads it.</param>
    /// <param name="precision">The arithmetic.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> chooses as
    /// <see cref="CheckpointFile.LoadStateDict"/> does.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <returns>The engine; the caller owns it.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, or holds no model of this kind.</exception>
    public static InferenceEngine Load(
        string path, InferencePrecision precision = InferencePrecision.Fp32, string? nestedKey = null,
        PyTorchLoadOptions? options = null) =>
        Load(path, precision, nestedKey, configuration: null, options, orBackbone: false);

    /// <summary>Prepares the model of a file whose shape may be known.</summary>
    /// <param name="path">The file.</param>
    /// <param name="precision">The arithmetic.</param>
    /// <param name="nestedKey">Where in the file the state dict is.</param>
    /// <param name="configuration">The model's shape; <see langword="null"/> to recognise it.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <param name="orBackbone">Whether a file without heads will do.</param>
    internal static InferenceEngine Load(
        string path, InferencePrecision precision, string? nestedKey, ArkModelConfiguration? configuration, PyTorchLoadOptions? options,
        bool orBackbone)
    {
        var streamed = Packs(configuration?.Backbone) ? new StreamedWeights() : null;
        InferenceEngine? engine = null;
        ArkModel.Load(path, nestedKey, configuration, options, orBackbone, streamed is null ? null : streamed.For, model =>
        {
            // Explanations differentiate through projector and heads, and want no gradients of their weights.
            foreach (var parameter in model.parameters()) parameter.requires_grad = false;
            engine = new InferenceEngine(model, streamed, precision, get_num_threads(), ownsModel: true);
        });
        return engine!;
    }

    /// <summary>Whether an engine packs the weights of a file's backbone straight from it, so that no plain network holds them.</summary>
    /// <param name="backbone">The backbone; <see langword="null"/> for one that is recognised, which always tiles.</param>
    internal static bool Packs(SwinConfiguration? backbone) =>
        KernelWidth.IsSupported && (backbone is null || PreparedNetwork.TilesStages(backbone));

    /// <summary>
    /// Whether an engine that packs weights packs them in bfloat16 where that is asked for; else it computes in single precision.
    /// </summary>
    internal static bool PacksBf16(SwinConfiguration backbone) => Bf16Kernel.IsSupported && PreparedNetwork.HasDepthsOf(backbone, 2);

    /// <summary>The same of 8-bit integers.</summary>
    internal static bool PacksInt8(SwinConfiguration backbone) =>
        Int8Kernel.IsSupported && PreparedNetwork.HasDepthsOf(backbone, Int8Kernel.Group);

    /// <summary>The arithmetic in which an engine that packs weights computes.</summary>
    internal static InferencePrecision ActualOf(InferencePrecision precision, SwinConfiguration backbone) => precision switch
    {
        InferencePrecision.Bf16 when !PacksBf16(backbone) => InferencePrecision.Fp32,
        InferencePrecision.Int8 when !PacksInt8(backbone) => InferencePrecision.Fp32,
        _ => precision,
    };

    /// <summary>The network; one that the engine loaded itself has projector and heads, and of the backbone only what is small.</summary>
    internal ArkModel Network => _model;

    /// <summary>Several outputs from one pass through the backbone.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, single precision, normalised; borrowed.</param>
    /// <param name="outputs">What to compute.</param>
    /// <returns>The outputs; the caller owns them.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="InvalidOperationException">The model has no projector, and what comes after it is asked for.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public InferenceResult Run(Tensor images, InferenceOutputs outputs)
    {
        ArgumentNullException.ThrowIfNull(images);
        lock (_calls)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _running++;
        }

        try
        {
            return RunOpen(images, outputs);
        }
        finally
        {
            lock (_calls)
            {
                if (--_running == 0) Monitor.PulseAll(_calls);
            }
        }
    }

    private InferenceResult RunOpen(Tensor images, InferenceOutputs outputs)
    {
        _model.RequireImages(images);
        if (outputs.HasFlag(InferenceOutputs.Projected)) _model.RequireProjector();
        if (_fast is not null && (_ownsModel || images is { device_type: TorchSharp.DeviceType.CPU, dtype: ScalarType.Float32 }))
        {
            // A model of the engine's own lacks the weights that were packed from the file.
            using var single = images.to(ScalarType.Float32, CPU);
            using var fitting = InputChannels.Fit(single, _model.Backbone.InputChannels);
            using var dense = fitting.contiguous();
            return _fast.Run(dense, outputs);
        }

        return RunPlain(images, outputs);
    }

    /// <summary>The reference for the fast path, and what runs where there is none.</summary>
    internal InferenceResult RunPlain(Tensor images, InferenceOutputs outputs)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var tokens = _model.NormedTokens(images);
        var pooled = tokens.mean([1]);
        var features = (outputs & (InferenceOutputs.Projected | InferenceOutputs.Logits)) == InferenceOutputs.None
            ? null
            : _model.Projector?.call(pooled) ?? pooled.alias();
        return new InferenceResult
        {
            Tokens = outputs.HasFlag(InferenceOutputs.Tokens) ? tokens.MoveToOuterDisposeScope() : null,
            Logits = outputs.HasFlag(InferenceOutputs.Logits)
                ? [.. _model.Classify(features!).Select(l => l.MoveToOuterDisposeScope())]
                : null,
            Pooled = outputs.HasFlag(InferenceOutputs.Pooled) ? pooled.MoveToOuterDisposeScope() : null,
            Projected = outputs.HasFlag(InferenceOutputs.Projected) ? features!.MoveToOuterDisposeScope() : null,
        };
    }

    /// <summary>Embeddings before the projector.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, single precision, normalised; borrowed.</param>
    /// <returns><c>[B, NumFeatures]</c>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public Tensor Pooled(Tensor images) => Run(images, InferenceOutputs.Pooled).Pooled!;

    /// <summary>Embeddings after the projector.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, single precision, normalised; borrowed.</param>
    /// <returns><c>[B, ProjectorFeatures]</c>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="InvalidOperationException">The model has no projector.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public Tensor Projected(Tensor images) => Run(images, InferenceOutputs.Projected).Projected!;

    /// <summary>The normalised tokens of the last stage, row by row.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, single precision, normalised; borrowed.</param>
    /// <returns><c>[B, L, NumFeatures]</c>, where L is the number of the last stage's tokens; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public Tensor Tokens(Tensor images) => Run(images, InferenceOutputs.Tokens).Tokens!;

    /// <summary>The logits of every head.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, single precision, normalised; borrowed.</param>
    /// <returns>Logits <c>[B, Outputs]</c> for each head, in their order; the caller owns them.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public IReadOnlyList<Tensor> Logits(Tensor images) => Run(images, InferenceOutputs.Logits).Logits!;

    /// <summary>
    /// Releases what was prepared, once the calls that are computing have ended; later ones are refused. A model that the engine was
    /// created for is not touched.
    /// </summary>
    public void Dispose()
    {
        lock (_calls)
        {
            if (_disposed) return;
            _disposed = true;
            while (_running > 0) Monitor.Wait(_calls);
        }

        _fast?.Dispose();
        _prepared?.Dispose();
        if (_ownsModel) _model.Dispose();
    }
}
