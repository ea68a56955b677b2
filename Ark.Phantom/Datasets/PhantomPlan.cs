namespace Ark.Phantom;

/// <summary>Everything that is decided about a dataset before a picture is rendered: who, which split, what, which machine.</summary>
internal static class PhantomPlan
{
    private const double ValidationShare = 0.12;
    private const double TestShare = 0.23;
    private const int MinSplit = 5;

    /// <summary>The virtual datasets, in the order of the catalogue.</summary>
    public static IReadOnlyList<PhantomCohort> Cohorts { get; } =
    [
        new FindingsCohort(), new TriageCohort(), new PneumothoraxCohort(), new ViewCohort()
    ];

    /// <summary>Plans a dataset.</summary>
    /// <param name="index">Its place among <see cref="Cohorts"/>.</param>
    /// <param name="options">Size and seed.</param>
    /// <returns>The pictures, split by split.</returns>
    public static List<PhantomCase> Of(int index, PhantomDatasetOptions options)
    {
        var cohort = Cohorts[index];
        var total = (int)((cohort.Share * options.Count) + 0.5);
        var validation = Math.Max(MinSplit, (int)((ValidationShare * total) + 0.5));
        var test = Math.Max(MinSplit, (int)((TestShare * total) + 0.5));
        var cases = new List<PhantomCase>(total);
        var patient = 1UL;
        foreach (var (split, count) in (ReadOnlySpan<(DatasetSplit, int)>)
        [
            (DatasetSplit.Train, total - validation - test), (DatasetSplit.Validation, validation), (DatasetSplit.Test, test)
        ])
        {
            var random = new RandomStream(options.Seed, (ulong)index, (ulong)split, 0);
            PhantomView[] views = [.. PhantomCohort.Quota(count, cohort.Anteroposterior, random).Select(ap => ap
                ? PhantomView.Anteroposterior
                : PhantomView.Posteroanterior)];
            var labelled = cohort.Label(views, split, new RandomStream(options.Seed, (ulong)index, (ulong)split, 1));
            var left = 0;
            var exposure = 0UL;
            for (var i = 0; i < count; i++)
            {
                // A patient has one to three pictures, all in one split.
                if (left == 0)
                {
                    if (i > 0) patient++;
                    left = random.Chance(0.6) ? 1 : 2 + random.NextInt32(2);
                    exposure = 0;
                }

                left--;
                exposure++;
                cases.Add(new PhantomCase(split, patient, exposure, views[i], labelled[i].Findings, labelled[i].Labels));
            }

            patient++;
        }

        return cases;
    }

    /// <summary>Renders a planned picture.</summary>
    /// <param name="index">The dataset's place among <see cref="Cohorts"/>.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The picture and its truth.</returns>
    public static PhantomRadiograph Render(int index, PhantomCase picture, ulong seed)
    {
        // Patients of different datasets are different people.
        var own = new RandomStream(seed, (ulong)index, 2).NextUInt64();
        var scanners = Cohorts[index].Scanners;
        var scanner = scanners[new RandomStream(own, picture.Patient, picture.Exposure).NextInt32(scanners.Count)];
        return PhantomGenerator.Render(own, new PhantomOptions
        {
            Patient = picture.Patient,
            Exposure = picture.Exposure,
            View = picture.View,
            Findings = picture.Findings,
            Scanner = scanner,
        });
    }
}
