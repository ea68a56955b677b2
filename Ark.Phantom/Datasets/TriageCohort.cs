namespace Ark.Phantom;

/// <summary>Three classes in RSNAPneumonia's form, taken mostly in bed with a noisy mobile machine.</summary>
internal sealed class TriageCohort : PhantomCohort
{
    private static readonly PhantomFinding[] Others =
    [
        PhantomFinding.Atelectasis, PhantomFinding.Cardiomegaly, PhantomFinding.Emphysema, PhantomFinding.Fibrosis,
        PhantomFinding.Nodule, PhantomFinding.PleuralEffusion, PhantomFinding.Pneumothorax,
    ];

    /// <inheritdoc/>
    public override string Name => "PhantomTriage";

    /// <inheritdoc/>
    public override LabelSchema Labels { get; } = new(LabelTask.MultiClass, ["Normal", "No Lung Opacity/Not Normal", "Lung Opacity"]);

    /// <inheritdoc/>
    public override double Share => 0.27;

    /// <inheritdoc/>
    public override double Anteroposterior => 0.6;

    /// <inheritdoc/>
    public override IReadOnlyList<PhantomScanner> Scanners { get; } =
    [
        new PhantomScanner
        {
            Width = 160, Height = 160, FieldOfView = 45, Scatter = 0.45, Photons = 3500, Contrast = 1.2, Sharpening = 0.9,
            Equalization = 0.4, ExposureSpread = 0.35, Markers = 0.6, Collimation = 0.25,
        },
    ];

    /// <inheritdoc/>
    public override (IReadOnlyList<PhantomFinding> Findings, IReadOnlyList<string> Labels)[] Label(
        IReadOnlyList<PhantomView> views, DatasetSplit split, RandomStream random)
    {
        var classes = new int[views.Count];
        for (var i = 0; i < classes.Length; i++) classes[i] = i * 20 / classes.Length is var part && part < 8 ? 0 : part < 14 ? 1 : 2;
        random.Shuffle<int>(classes);
        return [.. classes.Select(k => (
            Show(k, random), (IReadOnlyList<string>)[k.ToString(System.Globalization.CultureInfo.InvariantCulture)]))];
    }

    private static IReadOnlyList<PhantomFinding> Show(int kind, RandomStream random)
    {
        var other = Others[random.NextInt32(Others.Length)];
        var more = random.Chance(0.3);
        return kind switch
        {
            0 => [],
            1 => [other],
            _ => more ? [PhantomFinding.Consolidation, other] : [PhantomFinding.Consolidation],
        };
    }
}
