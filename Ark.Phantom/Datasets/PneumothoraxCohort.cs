namespace Ark.Phantom;

/// <summary>One finding, present or not, in Shenzhen's form: tall pictures that look like digitised film.</summary>
internal sealed class PneumothoraxCohort : PhantomCohort
{
    /// <inheritdoc/>
    public override string Name => "PhantomPneumothorax";

    /// <inheritdoc/>
    public override LabelSchema Labels { get; } = new(LabelTask.Binary, ["Pneumothorax"]);

    /// <inheritdoc/>
    public override double Share => 0.17;

    /// <inheritdoc/>
    public override double Anteroposterior => 0.4;

    /// <inheritdoc/>
    public override IReadOnlyList<PhantomScanner> Scanners { get; } =
    [
        new PhantomScanner
        {
            Width = 144, Height = 176, FieldOfView = 41, Scatter = 0.2, Photons = 5000, Contrast = 1.8, Gamma = 0.9, Sharpening = 0,
            Equalization = 0, ExposureSpread = 0.35, Markers = 0.9, Collimation = 0.3,
        },
    ];

    /// <inheritdoc/>
    public override (IReadOnlyList<PhantomFinding> Findings, IReadOnlyList<string> Labels)[] Label(
        IReadOnlyList<PhantomView> views, DatasetSplit split, RandomStream random)
    {
        var present = Quota(views.Count, 0.4, random);
        var result = new (IReadOnlyList<PhantomFinding>, IReadOnlyList<string>)[present.Length];
        for (var i = 0; i < result.Length; i++)
        {
            var shown = Bystanders(0.07, random, PhantomFinding.Pneumothorax);
            if (present[i]) shown.Add(PhantomFinding.Pneumothorax);
            result[i] = (shown, [present[i] ? "1" : "0"]);
        }

        return result;
    }

    /// <inheritdoc/>
    public override string Row(string image, PhantomCase picture) => $"{image},{picture.Labels[0]}";
}
