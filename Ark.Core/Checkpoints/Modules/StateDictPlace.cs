namespace Ark;

/// <summary>A dictionary in a file that holds tensors.</summary>
/// <param name="Path">The keys that lead to it.</param>
/// <param name="Value">The dictionary.</param>
internal sealed record StateDictPlace(IReadOnlyList<string> Path, PickleDictionary Value)
{
    /// <summary>The keys, with dots between; empty for the top level.</summary>
    public string Key => string.Join('.', Path);
}
