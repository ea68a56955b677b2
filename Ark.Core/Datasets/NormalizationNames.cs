namespace Ark;

/// <summary>What files and the command line call a <see cref="Normalization"/>.</summary>
internal static class NormalizationNames
{
    /// <summary>What to do about a name that is none of them.</summary>
    public const string Hint = "Known are imagenet, chestx-ray and none; a file of a newer version needs a newer Ark.";

    private static readonly Dictionary<Normalization, string> Names = new()
    {
        [Normalization.ImageNet] = "imagenet",
        [Normalization.ChestXray] = "chestx-ray",
        [Normalization.None] = "none",
    };

    /// <summary>The name of a value.</summary>
    public static string Of(Normalization normalization) => Names[normalization];

    /// <summary>The value of a name, as files spell it; <see langword="null"/> where there is none.</summary>
    public static Normalization? Find(string name)
    {
        foreach (var (value, known) in Names)
        {
            if (known == name) return value;
        }

        return null;
    }
}
