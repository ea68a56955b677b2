namespace Ark;

/// <summary>Tensors whose absence from a file or a model is known to change nothing.</summary>
internal static class HarmlessNames
{
    /// <summary>Whether a tensor follows from the shape of the model, and so is none of its weights.</summary>
    public static bool IsRecomputed(string name) => name[(name.LastIndexOf('.') + 1)..] is "attn_mask" or "relative_position_index";

    /// <summary>
    /// The stage of whose output a tensor of a detector's backbone is the norm, as in <c>norm3.weight</c>; <see langword="null"/> for
    /// other tensors.
    /// </summary>
    public static int? StageOfNorm(string name) =>
        name.StartsWith("norm", StringComparison.Ordinal) && name.Length > 5 && char.IsAsciiDigit(name[4])
            && name[5..] is ".weight" or ".bias"
            ? name[4] - '0'
            : null;

    /// <summary>Why a difference in this name does not matter, or <see langword="null"/>.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="inModel">Whether the model has it.</param>
    /// <param name="inFile">Whether the file has it.</param>
    /// <param name="modelHasOmniHeads">Whether the model has a head for each dataset.</param>
    /// <param name="modelIsSwin">Whether the model is a Swin Transformer, whose own norm behind the stages has no number.</param>
    public static string? WhyHarmless(string name, bool inModel, bool inFile, bool modelHasOmniHeads, bool modelIsSwin)
    {
        if (!inModel && name == "mask_token") return "it stands for hidden patches, which pretraining alone has";
        if (!inModel && modelIsSwin && StageOfNorm(name) is not null) return "it norms what a stage gives to a detector, and nothing else";
        if (IsRecomputed(name)) return "it is recomputed from the window and image size";
        if (!name.StartsWith("head.", StringComparison.Ordinal)) return null;
        if (!inModel) return "the model has no such classification head";
        if (!modelHasOmniHeads) return null;
        return inFile
            ? "the backbone's own classification head is not used"
            : "the backbone's own classification head is not used; released teachers lack it";
    }
}
