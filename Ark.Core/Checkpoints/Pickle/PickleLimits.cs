namespace Ark;

/// <summary>
/// What a pickle may ask for. A checkpoint of a hundred thousand tensors stays below all of these; together they keep the memory that a
/// hostile file can take well under 512 MB and its time under a few seconds.
/// </summary>
internal static class PickleLimits
{
    /// <summary>Bytes of one pickle, tensors not counted.</summary>
    public const long Bytes = 96L << 20;

    /// <summary>Opcodes executed.</summary>
    public const int Opcodes = 12_000_000;

    /// <summary>Values on the stack at once, and objects remembered.</summary>
    public const int Values = 3_000_000;

    /// <summary>Containers inside one another.</summary>
    public const int Depth = 256;

    /// <summary>Values met when every path through the result is followed; shared parts count each time.</summary>
    public const int Paths = 3_000_000;

    /// <summary>Bytes of a whole number, and digits of one written as text.</summary>
    public const int IntegerBytes = 1024;

    /// <summary>Characters of a class name, and of other lines of text.</summary>
    public const int Line = 1024;

    /// <summary>Bytes by which repeating views (stride 0) may exceed the storages that they repeat.</summary>
    public const long Repetition = 64L << 20;
}
