using static TorchSharp.torch;

namespace Ark.Fuzz;

/// <summary>Checkpoints that say which model they hold, with next to no weights.</summary>
internal static class DescribedSeeds
{
    public static IEnumerable<byte[]> All()
    {
        yield return Saved(new()
        {
            ["format"] = 3L,
            ["model"] = new OrderedDictionary<string, object?>
            {
                ["architecture"] = "swin_tiny_patch4_window7_224",
                ["img_size"] = 224L,
                ["use_mlp"] = true,
                ["projector_features"] = 8L,
                ["normalization"] = "imagenet",
                ["heads"] = new List<object?>
                {
                    new OrderedDictionary<string, object?>
                    {
                        ["name"] = "A", ["task"] = "MultiLabel", ["labels"] = new List<object?> { "x", "y" },
                    },
                },
            },
        });
        yield return Saved(new()
        {
            ["format"] = 1L,
            ["kind"] = "segmentation",
            ["model"] = new OrderedDictionary<string, object?>
            {
                ["architecture"] = "swin_tiny",
                ["img_size"] = 64L,
                ["patch_size"] = 4L,
                ["embed_dim"] = 8L,
                ["depths"] = new List<object?> { 1L, 1L },
                ["num_heads"] = new List<object?> { 1L, 2L },
                ["window_size"] = 4L,
                ["mlp_ratio"] = tensor(4.0, ScalarType.Float64),
                ["qkv_bias"] = true,
                ["ape"] = false,
                ["patch_norm"] = true,
                ["decoder"] = "Published",
                ["width"] = 8L,
                ["structures"] = new List<object?> { "lung", "heart" },
                ["normalization"] = "imagenet",
            },
            ["position"] = new OrderedDictionary<string, object?> { ["epoch"] = 1L },
        });
    }

    private static byte[] Saved(OrderedDictionary<string, object?> ark) => Samples.Written("a.pth", path =>
    {
        using var scope = NewDisposeScope();
        PyTorchFile.Save(path, new OrderedDictionary<string, object?>
        {
            ["state_dict"] = new OrderedDictionary<string, object?> { ["patch_embed.proj.weight"] = ones(4, 3, 4, 4) },
            ["ark"] = ark,
        });
    });
}
