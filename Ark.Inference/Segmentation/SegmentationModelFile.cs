using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>A file that holds a segmentation network and says its shape: the checkpoint of a segmentation training.</summary>
internal static class SegmentationModelFile
{
    /// <summary>The newest form of the key <c>ark</c>.</summary>
    public const long FormatVersion = 1;

    /// <summary>Builds the network of a checkpoint, in evaluation mode.</summary>
    public static (UperNet Network, SegmentationDescription Description, int Epoch) LoadNetwork(string path)
    {
        using var scope = NewDisposeScope();
        var (root, ark) = Read(path);
        var description = SegmentationDescription.Decode(path, ark.GetSection("model"));
        description.RequirePlausible(path);
        var network = Build(path, description);
        try
        {
            DescribedCheckpoint.Fill(path, "state_dict", network.state_dict(), root);
            network.eval();
            return (network, description, ark.GetSection("position").GetInt32("epoch"));
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static UperNet Build(string path, SegmentationDescription description)
    {
        try
        {
            return new UperNet(description.Network);
        }
        catch (Exception e) when (e is ArkInputException or ArgumentException or System.Runtime.InteropServices.ExternalException)
        {
            throw new ArkInputException(
                path,
                "key 'ark.model'",
                $"does not describe a network: {e.Message.Split('\n')[0]}",
                "Give a checkpoint that 'SegmentationTrainer' wrote.",
                e);
        }
    }

    /// <summary>Reads a file with its tensors, which belong to the dispose scope of the caller.</summary>
    /// <exception cref="ArkInputException">It holds no segmentation network, or one of a newer version.</exception>
    public static (CheckpointSection Root, CheckpointSection Ark) Read(string path)
    {
        const string hint = "Give a checkpoint that 'SegmentationTrainer' wrote (checkpoints/best.pth.tar).";
        if (CheckpointFile.ReadIndex(path).Format == CheckpointFormat.Safetensors)
            throw new ArkInputException(path, null, "holds no segmentation network", hint);
        if (PyTorchFile.Load(path) is not PickleDictionary content) throw new ArkInputException(path, null, "holds no dictionary", hint);
        var root = new CheckpointSection(path, "", content);
        if (!root.ContainsKey("ark")
            || root.GetSection("ark") is not { } ark
            || !ark.ContainsKey("kind")
            || ark.GetString("kind") != DescribedCheckpoint.SegmentationKind)
            throw new ArkInputException(path, null, "holds no segmentation network", hint);
        if (ark.GetInt32("format") > FormatVersion)
            throw new ArkInputException(path, "key 'ark.format'", "was written by a newer version of Ark", "Update Ark.");
        return (root, ark);
    }
}
