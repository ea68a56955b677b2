using System.CommandLine;
using Ark.Models;

namespace Ark.Cli;

/// <summary><c>ark inspect</c>: what a weight file holds. Only its index is read.</summary>
internal static class InspectCommand
{
    private const string Help = """
        List what a weight file holds: tensors with shape, type and size, and the model that it is
        recognised to be, with its heads and labels. PyTorch files (zip, legacy, tar) and safetensors are
        read; nothing in them is run, and no tensor is loaded.

        Examples:
          ark inspect ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar
          ark inspect model.safetensors --json -
        """;

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "the weight file" };
        var json = CommonOptions.Json("the listing");
        var quiet = CommonOptions.Quiet("no list of tensors, only the summary");
        var command = new Command("inspect", Help) { file, json, quiet };
        var weights = new WeightOptions(command);
        command.SetAction(async (parsed, _) =>
        {
            var index = CheckpointFile.ReadIndex(parsed.GetRequiredValue(file), weights.Reading(parsed));
            var key = weights.Key(parsed);
            var listing = new WeightListing(
                index,
                StateDictSelection<TensorInfo>.TryChoose(index.Path, index.Root, key, index.StripPrefix, SwinFinder.Instance),
                ArkModelConfiguration.Recognize(index, key));
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, listing.ToJson()).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-")
                await listing.WriteAsync(terminal.Out, tensors: !parsed.GetValue(quiet)).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}
