namespace Ark.Models;

/// <summary>Tells networks that are often taken for ours by their names, so that a refusal can say what a file holds.</summary>
internal static class OtherNetworks
{
    // What only they have.
    private static readonly (string Mark, string Name)[] Marks =
    [
        (".attn.cpb_mlp.", "a Swin Transformer V2"),
        (".attn.logit_scale", "a Swin Transformer V2"),
        (".w_msa.", "a Swin Transformer with the names of mmdetection"),
        ("features.1.0.", "a network of torchvision"),
        ("cls_token", "a Vision Transformer"),
        ("layer4.0.conv1.weight", "a ResNet"),
        ("features.denseblock1.", "a DenseNet"),
    ];

    /// <summary>What follows "holds no Swin Transformer that is known"; empty where nothing is known either.</summary>
    public static string WordsFor(IEnumerable<string> names)
    {
        var all = names.Take(10_000).ToList();
        var name = Marks.FirstOrDefault(m => all.Exists(n => n.Contains(m.Mark, StringComparison.Ordinal))).Name;
        return name is null ? "" : $", but {name} as it seems";
    }
}
