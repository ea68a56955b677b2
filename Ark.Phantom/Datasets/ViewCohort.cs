namespace Ark.Phantom;

/// <summary>AP or PA, in the form of an image and an integer: small pictures of two machines.</summary>
internal sealed class ViewCohort : PhantomCohort
{
    /// <inheritdoc/>
    public override string Name => "PhantomView";

    /// <inheritdoc/>
    public override LabelSchema Labels { get; } = new(LabelTask.Binary, ["AP"]);

    /// <inheritdoc/>
    public override double Share => 0.10;

    /// <inheritdoc/>
    public override double Anteroposterior => 0.45;

    /// <inheritdoc/>
    public override IReadOnlyList<PhantomScanner> Scanners { get; } =
    [
        new PhantomScanner
        {
            Width = 128,
            Height = 112,
            FieldOfView = 46,
            Contrast = 1.4,
            ExposureSpread = 0.35,
            Markers = 0.3,
            Collimation = 0.2,
        },
        new PhantomScanner
        {
            Width = 112, Height = 112, FieldOfView = 42, Scatter = 0.4, Photons = 4000, Contrast = 2, Gamma = 0.85, Sharpening = 1.2,
            Equalization = 0.3, ExposureSpread = 0.35, Markers = 0.3,
        },
    ];

    /// <inheritdoc/>
    public override (IReadOnlyList<PhantomFinding> Findings, IReadOnlyList<string> Labels)[] Label(
        IReadOnlyList<PhantomView> views, DatasetSplit split, RandomStream random) =>
        [.. views.Select(v => (
            (IReadOnlyList<PhantomFinding>)Bystanders(0.06, random),
            (IReadOnlyList<string>)[v == PhantomView.Anteroposterior ? "1" : "0"]))];
}
