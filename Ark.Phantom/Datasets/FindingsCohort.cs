namespace Ark.Phantom;

/// <summary>
/// Ten findings, several at once, in CheXpert's form: a CSV in which a blank is missing and -1 is uncertain; test labels are complete.
/// </summary>
internal sealed class FindingsCohort : PhantomCohort
{
    /// <summary>The probability that a training or validation label is missing.</summary>
    internal const double Missing = 0.10;

    /// <summary>The probability that a training or validation label is uncertain.</summary>
    internal const double Uncertain = 0.05;

    private static readonly (PhantomFinding Finding, string Name, double Share)[] Findings =
    [
        (PhantomFinding.Atelectasis, "Atelectasis", 0.14),
        (PhantomFinding.Cardiomegaly, "Cardiomegaly", 0.16),
        (PhantomFinding.Consolidation, "Consolidation", 0.12),
        (PhantomFinding.Edema, "Edema", 0.12),
        (PhantomFinding.Emphysema, "Emphysema", 0.10),
        (PhantomFinding.Fibrosis, "Fibrosis", 0.12),
        (PhantomFinding.Mass, "Mass", 0.12),
        (PhantomFinding.Nodule, "Nodule", 0.14),
        (PhantomFinding.PleuralEffusion, "Pleural Effusion", 0.18),
        (PhantomFinding.Pneumothorax, "Pneumothorax", 0.12),
    ];

    /// <inheritdoc/>
    public override string Name => "PhantomFindings";

    /// <inheritdoc/>
    public override LabelSchema Labels { get; } = new(LabelTask.MultiLabel, [.. Findings.Select(f => f.Name)]);

    /// <inheritdoc/>
    public override double Share => 0.46;

    /// <inheritdoc/>
    public override double Anteroposterior => 0.3;

    /// <inheritdoc/>
    public override IReadOnlyList<PhantomScanner> Scanners { get; } =
    [
        PhantomScanner.Standard,
        PhantomScanner.Standard with { Contrast = 1.1, Sharpening = 1.0, Equalization = 0.35, Markers = 0.8 },
    ];

    /// <inheritdoc/>
    public override string ListExtension => ".csv";

    /// <inheritdoc/>
    public override string Adapter => "csv";

    /// <inheritdoc/>
    public override string Header => "Path,Frontal/Lateral,AP/PA," + string.Join(',', Labels.Names);

    /// <inheritdoc/>
    public override (IReadOnlyList<PhantomFinding> Findings, IReadOnlyList<string> Labels)[] Label(
        IReadOnlyList<PhantomView> views, DatasetSplit split, RandomStream random)
    {
        var present = Findings.Select(f => Quota(views.Count, f.Share, random)).ToArray();
        var result = new (IReadOnlyList<PhantomFinding>, IReadOnlyList<string>)[views.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var labels = new string[Findings.Length];
            for (var k = 0; k < labels.Length; k++)
            {
                var luck = random.NextDouble();
                labels[k] = present[k][i] ? "1.0" : "0.0";
                if (split == DatasetSplit.Test) continue;
                if (luck < Missing) labels[k] = "";
                else if (luck < Missing + Uncertain) labels[k] = "-1.0";
            }

            result[i] = ([.. Findings.Where((_, k) => present[k][i]).Select(f => f.Finding)], labels);
        }

        return result;
    }

    /// <inheritdoc/>
    public override string Row(string image, PhantomCase picture) =>
        $"{image},Frontal,{(picture.View == PhantomView.Anteroposterior ? "AP" : "PA")},{string.Join(',', picture.Labels)}";
}
