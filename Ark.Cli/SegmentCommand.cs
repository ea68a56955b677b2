using System.CommandLine;
using Ark.Data;
using Ark.Evaluation;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark segment</c>: outlines of organs and bones.</summary>
internal static class SegmentCommand
{
    public static Command Create(IServiceProvider services, Terminal terminal) => new("segment", """
        Find organs and bones: train a segmentation network on a backbone of Ark, measure it, use it.

        Examples:
          ark segment train --config builtin:phantom --out runs/organs
          ark segment predict --checkpoint runs/organs/checkpoints/best.pth.tar --out outlines chest.png
        """)
    {
        SegmentTrainCommand.Create(services, terminal),
        SegmentEvaluateCommand.Create(services, terminal),
        SegmentPredictCommand.Create(services, terminal),
    };

    /// <summary>The option of the commands that read pictures.</summary>
    public static Option<bool> Stretch() =>
        new("--stretch") { Description = "spread the grey levels of each picture over the full range first: for pictures of low contrast" };

    /// <summary>The dataset that was named, or the only one of the catalogue.</summary>
    public static SegmentationDataset Dataset(IServiceProvider services, DatasetCatalogue catalogue, string? name)
    {
        if (name is null && catalogue.Datasets.Count > 1)
        {
            throw CommandLineError.Of("--dataset", "is missing, and the catalogue has several datasets",
                $"Name one of: {string.Join(", ", catalogue.Datasets.Select(d => d.Name))}.");
        }

        var definition = catalogue.Get(name ?? catalogue.Datasets[0].Name);
        return new SegmentationDataset(
            definition.Name, services.GetRequiredService<SegmentationAdapterRegistry>().Create(definition, services));
    }
}
