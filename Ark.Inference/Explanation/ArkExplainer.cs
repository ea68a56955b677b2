namespace Ark.Inference;

/// <summary>
/// Shows where in a radiograph a model finds what it reports. A map tells what the network looked at, not that it was right to.
/// Thread-safe.
/// </summary>
public sealed class ArkExplainer
{
    private readonly IImageDecoder _decoder;
    private readonly DecodingBudget? _budget;

    /// <summary>Creates an explainer that decodes whatever it is asked about; a host's has the host's budget for decoding.</summary>
    /// <param name="decoder">Decodes images.</param>
    public ArkExplainer(IImageDecoder decoder)
        : this(decoder, null)
    {
    }

    internal ArkExplainer(IImageDecoder decoder, DecodingBudget? budget) => (_decoder, _budget) = (decoder, budget);

    /// <summary>Makes a heat map.</summary>
    /// <param name="model">The model; borrowed.</param>
    /// <param name="image">The image.</param>
    /// <param name="label">The label, or the finding under any of its names.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>The map in the picture's own pixels.</returns>
    /// <exception cref="ArkInputException">The image cannot be read, or no head was trained on the label.</exception>
    public Task<HeatMap> ExplainAsync(
        LoadedModel model,
        ImageSource image,
        string label,
        ExplanationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentException.ThrowIfNullOrEmpty(label);
        return Task.Run(() => Explain(model, image, label, options ?? new ExplanationOptions(), cancellationToken), cancellationToken);
    }

    /// <summary>The same for a picture that has been decoded.</summary>
    internal static HeatMap Explain(
        LoadedModel model, ImageSource image, RasterImage picture, string label, ExplanationOptions options,
        CancellationToken cancellationToken)
    {
        if (options.PatchShare is not (>= 0.01 and <= 0.5))
            throw new ArkInputException(
                "explanation options", "'PatchShare'", $"{options.PatchShare} is out of range", "Give 0.01 to 0.5.");
        var runner = new ModelRunner(model);
        var (head, output) = Find(runner.Heads, label, options.Head);
        var view = new float[runner.ViewLength];
        runner.Transform.Apply(picture, new RandomStream(0), view);
        var logits = ComputeThread.Run(() => runner.Logits(view, 1), cancellationToken);
        var probabilities = new HeadActivation(runner.Heads, calibration: null).Probabilities(logits);
        float[] grid;
        int side;
        int? covered = null;
        if (options.Method == HeatMapMethod.Occlusion)
        {
            (grid, side, covered) = OcclusionMap.Compute(runner, view, head.Offset + output, options.PatchShare, cancellationToken);
        }
        else
        {
            grid = ComputeThread.Run(() => runner.GradCam(view, head.Index, output), cancellationToken);
            side = (int)Math.Round(Math.Sqrt(grid.Length));
        }

        var values = ViewGeometry.Of(runner.Transform.Height).ToPicture(grid, side, side, picture.Width, picture.Height, covered);
        var highest = values.Max();
        if (highest > 0)
        {
            for (var i = 0; i < values.Length; i++) values[i] /= highest;
        }

        return new HeatMap(picture.Width, picture.Height, values)
        {
            Image = image.Name,
            Head = head.Name,
            Label = head.Labels.Names[output],
            Probability = probabilities[head.Offset + output],
            Method = options.Method,
        };
    }

    private HeatMap Explain(
        LoadedModel model, ImageSource image, string label, ExplanationOptions options, CancellationToken cancellationToken)
    {
        using var lease = _budget?.Lend(cancellationToken);
        var picture = image.Load(lease?.Through(_decoder) ?? _decoder);
        // The map has a number for each pixel.
        lease?.Add(sizeof(float) * (long)picture.Width * picture.Height);
        return Explain(model, image, picture, label, options, cancellationToken);
    }

    private static (ModelHead Head, int Output) Find(IReadOnlyList<ModelHead> heads, string label, string? named)
    {
        var asked = heads.Where(h => named is null || h.Name == named).ToList();
        if (asked.Count == 0)
            throw new ArkInputException(
                "checkpoint",
                $"head '{named}'",
                "the model has no such head",
                NameSuggestion.For(named!, [.. heads.Select(h => h.Name)], "It has"));
        foreach (var same in (Func<string, string, bool>[])[(a, b) => a == b, FindingNames.AreSame])
        {
            foreach (var head in asked)
            {
                for (var k = 0; k < head.Labels.Count; k++)
                {
                    if (same(head.Labels.Names[k], label)) return (head, k);
                }
            }
        }

        var known = asked.SelectMany(h => h.Labels.Names).Distinct(StringComparer.Ordinal).ToList();
        throw new ArkInputException(
            "checkpoint", $"label '{label}'", "no head of the model was trained on it", NameSuggestion.For(label, known, "The heads know"));
    }
}
