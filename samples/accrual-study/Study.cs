using System.Diagnostics;
using System.Globalization;
using Ark.Data;
using Ark.Evaluation;
using Ark.Phantom;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace AccrualStudy;

/// <summary>Trains every arm with every seed, and writes the comparison.</summary>
internal static class Study
{
    private const ulong FirstSeed = 101;

    public static async Task<int> RunAsync(string data, int images, int epochs, int seeds, string work, string page,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(work);
        var name = data == "phantom" ? string.Create(CultureInfo.InvariantCulture, $"phantom, {images} images") : Path.GetFileName(data);
        var catalogue = await CatalogueAsync(data, images, work, cancellationToken);
        await using var services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
        string[] names = [.. catalogue.Datasets.Select(d => d.Name)];
        ulong[] wanted = [.. Enumerable.Range(0, seeds).Select(s => FirstSeed + (ulong)s)];
        var results = Results.Open(Path.Combine(work, "results.jsonl"), Results.Conditions(name, catalogue.Source, names, epochs), wanted);
        var watch = Stopwatch.StartNew();
        foreach (var seed in wanted)
        {
            foreach (var arm in Arm.All)
            {
                // Datasets that are trained on together share a run; alone, each has one.
                foreach (var group in arm.Alone ? names.Select(n => new[] { n }) : [names])
                {
                    if (group.All(n => results.Has(arm, seed, n))) continue;
                    await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                        $"[{watch.Elapsed:hh\\:mm\\:ss}] seed {seed}: {arm.Name}: {string.Join(", ", group)}"));
                    foreach (var evaluation in await TrainAsync(services, catalogue, arm, group, epochs, seed, cancellationToken))
                        results.Add(arm, seed, evaluation.Dataset, evaluation.MeanAuroc!.Value);
                }
            }
        }

        var section = StudyTable.Render(name, epochs, names, results, seeds);
        await Console.Out.WriteLineAsync(section);
        StudyTable.WriteInto(page, name, section);
        return 0;
    }

    private static async Task<DatasetCatalogue> CatalogueAsync(string data, int images, string work, CancellationToken cancellationToken)
    {
        if (data != "phantom") return DatasetCatalogue.Load(data);
        var options = new PhantomDatasetOptions { Count = images };
        var folder = Path.Combine(work, PhantomDatasets.FolderName(options));
        return DatasetCatalogue.Load((await PhantomDatasets.WriteAsync(folder, options, cancellationToken: cancellationToken)).Catalogue);
    }

    private static async Task<IEnumerable<DatasetEvaluation>> TrainAsync(ServiceProvider services, DatasetCatalogue catalogue, Arm arm,
        string[] names, int epochs, ulong seed, CancellationToken cancellationToken)
    {
        var options = TrainingOptions.FromCatalogue(catalogue);
        (options.Epochs, options.Seed, options.EvaluationInterval, options.PixelBaseline) = (epochs, seed, epochs, false);
        arm.Settings(options);
        var datasets = services.GetRequiredService<ArkDatasets>();
        var result = await services.GetRequiredService<IArkTrainer>().TrainAsync(
            new TrainingRun
            {
                Options = options,
                Datasets = [.. catalogue.Select(names).Select(d => datasets.Create(d with { Seed = seed }))]
            }, progress: null,
                    cancellationToken);
        return result.Evaluations.Where(e => e.Weights == arm.Role);
    }
}
