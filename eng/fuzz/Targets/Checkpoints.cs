using Ark.Inference;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Fuzz;

/// <summary>All that is done with a weight file.</summary>
internal static class Checkpoints
{
    // A dictionary without tensors may be loaded, and has nothing to list.
    private const string NothingToList = "holds no tensors";

    public static void Run(string path, Execution execution)
    {
        using var scope = NewDisposeScope();
        var loaded = false;
        execution.Try("load", () =>
        {
            using var inner = NewDisposeScope();
            var kinds = new SortedSet<string>(StringComparer.Ordinal);
            var count = 0;
            PickleTree.Visit(path, PyTorchFile.Load(path), (_, tensor) =>
            {
                var read = (Tensor)tensor;
                kinds.Add($"{read.dtype} {Math.Min(read.dim(), 5)}");
                count++;
                return tensor;
            });
            loaded = true;
            return $"{Math.Min(count, 5)} {string.Join(' ', kinds.Take(3))}";
        });
        CheckpointIndex? index = null;
        execution.Try("index", () =>
        {
            try
            {
                index = CheckpointFile.ReadIndex(path);
            }
            catch (CheckpointException e) when (loaded && !e.Message.Contains(NothingToList, StringComparison.Ordinal))
            {
                throw new BrokenContractException($"It is loaded, but not listed: {e.Message}", e);
            }

            return $"{index.Format} {Math.Min(index.Tensors.Count, 5)}";
        });
        execution.Try("state dict", () =>
        {
            using var inner = NewDisposeScope();
            return $"{Math.Min(CheckpointFile.LoadStateDict(path).Count, 5)}";
        });
        execution.Try("verify", () => $"{TensorVerification.Run(path).Checksums > 0}");
        if (index is null) return;
        execution.Try("inspect", () =>
        {
            var chosen = StateDictSelection<TensorInfo>.TryChoose(index.Path, index.Root, null, index.StripPrefix, SwinFinder.Instance);
            var model = ArkModelConfiguration.Recognize(index, null);
            return $"{chosen is not null} {model is not null}";
        });
        execution.Try("description", () =>
        {
            var description = DescribedCheckpoint.ReadDescription(path);
            foreach (var head in description?.Heads ?? []) RequireDefined(head.Labels.Task);
            return $"{description is not null}";
        });
        execution.Try("model", () => $"{ModelFile.Open(path, ModelRole.Teacher, null, null).Description is not null}");
        execution.Try("segmentation", () =>
        {
            using var inner = NewDisposeScope();
            var (_, ark) = SegmentationModelFile.Read(path);
            var description = SegmentationDescription.Decode(path, ark.GetSection("model"));
            description.RequirePlausible(path);
            RequireDefined(description.Network.Decoder);
            return $"{description.Network.Decoder}";
        });
    }

    private static void RequireDefined<T>(T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value)) throw new BrokenContractException($"A value that {typeof(T).Name} does not have was read: {value}.");
    }
}
