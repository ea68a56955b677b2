using System.Globalization;
using Ark.Models;

namespace Ark.Training;

/// <summary>
/// Layer-wise decay of the learning rate: the head learns at the full rate, each layer below at a share of that of the one above it.
/// </summary>
internal sealed class LayerRates(SwinConfiguration backbone, double decay)
{
    private int Layers => backbone.Depths.Sum() + 1;

    /// <summary>What a parameter's rate is of the full one.</summary>
    /// <param name="name">Its name in the state dict.</param>
    public double Of(string name) => Math.Pow(decay, Layers - LayerOf(name));

    // 0 is the patch embedding, then every block, then norm and head.
    private int LayerOf(string name)
    {
        var parts = name.Split('.');
        if (parts[0] is "patch_embed" or "absolute_pos_embed") return 0;
        if (parts[0] != "layers") return Layers;
        var stage = int.Parse(parts[1], CultureInfo.InvariantCulture);
        var before = backbone.Depths.Take(stage).Sum();
        // Patch merging goes with the last block of its stage.
        return parts[2] == "blocks" ? before + int.Parse(parts[3], CultureInfo.InvariantCulture) + 1 : before + backbone.Depths[stage];
    }
}
