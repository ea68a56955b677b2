using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>A checkpoint that a run wrote: under its key <c>ark</c> it says which model it holds.</summary>
internal static class DescribedCheckpoint
{
    /// <summary>The newest form of the key <c>ark</c>.</summary>
    public const long FormatVersion = 3;

    /// <summary>What the key <c>ark.kind</c> says of a segmentation network.</summary>
    public const string SegmentationKind = "segmentation";

    /// <summary>What a checkpoint says of its model, without its tensors.</summary>
    /// <returns>The description; <see langword="null"/> where there is no such file, or it is damaged (loading it says how).</returns>
    public static ModelDescription? ReadDescription(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return CheckpointFile.ReadIndex(path).Root is PickleDictionary root
                ? DescriptionCodec.Decode(path, new CheckpointSection(path, "", root).GetSection("ark").GetSection("model"))
                : null;
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    /// <summary>Whether a file is one of ours, and so says itself which model it holds.</summary>
    public static bool IsDescribedBy(CheckpointIndex index) => index.Root is PickleDictionary root && root.ContainsKey("ark");

    /// <summary>What one of our checkpoints says of its model.</summary>
    /// <exception cref="ArkInputException">It is none of a pretraining run, or of a newer version.</exception>
    public static ModelDescription DescriptionOf(CheckpointIndex index) =>
        DescriptionCodec.Decode(index.Path, Sections(index.Path, index.Root).Ark.GetSection("model"));

    /// <summary>Reads a file with its tensors, which belong to the dispose scope of the caller.</summary>
    /// <exception cref="ArkInputException">It is no checkpoint of a model with heads, or of a newer version.</exception>
    public static (CheckpointSection Root, CheckpointSection Ark) Read(string path) => Sections(path, PyTorchFile.Load(path));

    private static (CheckpointSection Root, CheckpointSection Ark) Sections(string path, object? value)
    {
        if (value is not PickleDictionary content)
            throw new ArkInputException(path, null, "holds no dictionary", "Give a checkpoint that 'IArkTrainer' wrote.");
        var root = new CheckpointSection(path, "", content);
        if (!root.ContainsKey("ark"))
        {
            throw new ArkInputException(path, null, "does not say which model it holds: it has no key 'ark'",
                "Give a checkpoint that 'IArkTrainer' wrote (checkpoints/last.pth.tar); 'CheckpointFile' shows what another file holds.");
        }

        var ark = root.GetSection("ark");
        if (ark.ContainsKey("kind") && ark.GetString("kind") == SegmentationKind)
            throw new ArkInputException(
                path, null, "holds a segmentation network, which has no heads", "Use it with 'IArkSegmenter' or 'SegmentationEvaluator'.");
        if (ark.GetInt32("format") > FormatVersion)
            throw new ArkInputException(path, "key 'ark.format'", "was written by a newer version of Ark", "Update Ark.");
        return (root, ark);
    }

    /// <summary>Copies what is under a key into tensors of the same names and shapes.</summary>
    public static void Fill(string path, string key, IReadOnlyDictionary<string, Tensor> targets, CheckpointSection root)
    {
        using var noGradient = no_grad();
        var stored = root.GetSection(key);
        foreach (var (name, target) in targets)
        {
            if (!stored.ContainsKey(name)) throw new ArkInputException(path, $"key '{key}.{name}'", "is missing");
            var tensor = stored.GetTensor(name, target.shape);
            using var finite = tensor.isfinite().all();
            if (!finite.item<bool>()) throw FiniteNumbers.Refusal(path, $"tensor '{key}.{name}'");
            target.copy_(tensor);
        }
    }
}
