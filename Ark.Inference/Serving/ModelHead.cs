using Ark.Models;

namespace Ark.Inference;

/// <summary>A head of a model, and where its outputs stand among those of all heads.</summary>
/// <param name="Index">Its place among the model's heads.</param>
/// <param name="Offset">Its first logit in a row of all heads' logits.</param>
/// <param name="Head">The head.</param>
internal sealed record ModelHead(int Index, int Offset, ArkHead Head)
{
    /// <summary>The dataset that it was trained on.</summary>
    public string Name => Head.Name;

    /// <summary>What its outputs mean.</summary>
    public LabelSchema Labels => Head.Labels;

    /// <summary>The heads of a model that have outputs; a head that is the identity says nothing.</summary>
    public static IReadOnlyList<ModelHead> Of(LoadedModel model)
    {
        var heads = new List<ModelHead>();
        var offset = 0;
        for (var i = 0; i < model.Description.Heads.Count; i++)
        {
            var head = model.Description.Heads[i];
            if (head.Outputs == 0) continue;
            heads.Add(new ModelHead(i, offset, head));
            offset += head.Outputs;
        }

        return heads;
    }

    /// <summary>The head's part of a row of all heads' logits.</summary>
    public ReadOnlySpan<float> LogitsOf(ReadOnlySpan<float> row) => row.Slice(Offset, Labels.Count);
}
