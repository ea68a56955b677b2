using System.CommandLine;
using Ark.Data;
using Ark.Evaluation;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark segment</c>: outlines of organs and bones.</summary>
internal static class SegmentCommand
{
    private const char Joined = '+';

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

    /// <summary>The other option of these commands.</summary>
    public static Option<bool> RawMasks() => new("--raw-masks")
    {
        Description = "leave masks as the network finds them; else small islands go and holes are filled, of all structures but ribs",
    };

    /// <summary>The name of all segmentation datasets of a catalogue together; <see langword="null"/> where it has none.</summary>
    public static string? All(IServiceProvider services, DatasetCatalogue catalogue)
    {
        var adapters = services.GetRequiredService<SegmentationAdapterRegistry>().Names;
        string[] names =
            [.. catalogue.Datasets.Where(d => adapters.Contains(d.Adapter, StringComparer.OrdinalIgnoreCase)).Select(d => d.Name)];
        return names.Length == 0 ? null : string.Join(Joined, names);
    }

    /// <summary>The dataset that was named, several joined by a plus, or the only one of the catalogue.</summary>
    public static SegmentationDataset Dataset(IServiceProvider services, DatasetCatalogue catalogue, string? name)
    {
        if (name is null && catalogue.Datasets.Count > 1)
        {
            throw CommandLineError.Of("--dataset", "is missing, and the catalogue has several datasets",
                $"Name one of: {string.Join(", ", catalogue.Datasets.Select(d => d.Name))}.");
        }

        name ??= catalogue.Datasets[0].Name;
        // A dataset may have a plus in its own name.
        string[] names = catalogue.Datasets.Any(d => d.Name == name) ? [name] : name.Split(Joined, StringSplitOptions.TrimEntries);
        return SegmentationDataset.Join([.. names.Select(catalogue.Get).Select(definition => new SegmentationDataset(
            definition.Name, services.GetRequiredService<SegmentationAdapterRegistry>().Create(definition, services)))]);
    }
}
