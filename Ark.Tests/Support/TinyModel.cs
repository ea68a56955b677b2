using Ark.Models;

namespace Ark.Tests;

/// <summary>A network of a few numbers, with every part that one can have.</summary>
internal static class TinyModel
{
    public static ArkModelConfiguration Configuration { get; } = new()
    {
        Backbone = new SwinConfiguration
        {
            ImageHeight = 16,
            ImageWidth = 16,
            PatchSize = 2,
            WindowSize = 4,
            EmbedDim = 4,
            Depths = [2, 1],
            NumHeads = [1, 2],
            NumClasses = 0,
            DropPathRate = 0.2,
        },
        ProjectorFeatures = 6,
        Heads = [new ArkHead("first", 3), new ArkHead("identity", 0)],
    };
}
