using System.CommandLine;
using Ark.Models;

namespace Ark.Cli;

/// <summary><c>ark inspect</c>: what a weight file holds. Only its index is read, unless all of it shall be.</summary>
internal static class InspectCommand
{
    private const string Help = """
        List what a weight file holds: tensors with shape, type and size, and the model that it is
        recognised to be, with its heads and labels. PyTorch files (zip, legacy, tar) and safetensors are
        read; nothing in them is run. No tensor is read either, so damage in one is not seen: --verify reads
        them all, compares their sizes and the checksums that the file has, and asks for finite numbers.

        Examples:
          ark inspect ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar
          ark inspect model.safetensors --json -
          ark inspect last.pth.tar --verify --quiet
        """;

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "the weight file" };
        var json = CommonOptions.Json("the listing");
        var quiet = CommonOptions.Quiet("no list of tensors, only the summary");
        var verify = new Option<bool>("--verify")
        {
            Description = "read every tensor: its size, its checksum where the file has one, and whether all numbers are finite",
        };
        var command = new Command("inspect", Help) { file, verify, json, quiet };
        var weights = new WeightOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (name, reading, key) = (parsed.GetRequiredValue(file), weights.Reading(parsed), weights.Key(parsed));
            var index = CheckpointFile.ReadIndex(name, reading);
            var listing = new WeightListing(
                index,
                StateDictSelection<TensorInfo>.TryChoose(index.Path, index.Root, key, index.StripPrefix, SwinFinder.Instance),
                ArkModelConfiguration.Recognize(index, key),
                parsed.GetValue(verify) ? TensorVerification.Run(name, reading, cancellationToken) : null);
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, listing.WriteJson).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-")
                await listing.WriteAsync(terminal.Out, tensors: !parsed.GetValue(quiet)).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}
