namespace Ark;

/// <summary>
/// What a pickle may ask for. A checkpoint of a hundred thousand tensors stays below all of these; together they keep the memory that a
/// hostile file can take well under 512 MB, and its work linear in its length.
/// </summary>
internal static class PickleLimits
{
    /// <summary>Bytes of one pickle, tensors not counted.</summary>
    public const long Bytes = 48L << 20;

    /// <summary>Opcodes executed.</summary>
    public const int Opcodes = 8_000_000;

    /// <summary>Bytes that the values built by one pickle may take, by the estimates below.</summary>
    public const long Memory = 192L << 20;

    /// <summary>
    /// Steps of work that a pickle may cause for each of its bytes that have been read: characters of keys that are hashed, arguments that
    /// are looked at, elements that are put in order. A value that is recalled costs a file two bytes, whatever its size.
    /// </summary>
    public const int StepsPerByte = 64;

    /// <summary>Steps of work that any pickle may cause.</summary>
    public const long FreeSteps = 16L << 20;

    /// <summary>Estimated bytes of a value that is put on the stack again.</summary>
    public const int PushCost = 8;

    /// <summary>Estimated bytes of a number, or of a text or tuple without its content.</summary>
    public const int ValueCost = 40;

    /// <summary>Estimated bytes of an empty container, a record, or a tensor's description.</summary>
    public const int ObjectCost = 120;

    /// <summary>Estimated bytes that the first entry of a dictionary or set brings with it.</summary>
    public const int FirstEntryCost = 280;

    /// <summary>Estimated bytes of each entry of a dictionary, a set or the memo.</summary>
    public const int EntryCost = 64;

    /// <summary>Containers inside one another.</summary>
    public const int Depth = 256;

    /// <summary>Values met when every path through the result is followed; shared parts count each time.</summary>
    public const int Paths = 3_000_000;

    /// <summary>Bytes of a whole number, and digits of one written as text.</summary>
    public const int IntegerBytes = 1024;

    /// <summary>Characters of a class name, and of other lines of text.</summary>
    public const int Line = 1024;

    /// <summary>Tensors in a file, one under several names counted for each.</summary>
    public const int Tensors = 100_000;

    /// <summary>Characters of a tensor's path in the file.</summary>
    public const int Name = 4096;

    /// <summary>Characters of all tensors' paths together.</summary>
    public const long Names = 48L << 20;

    /// <summary>Bytes by which repeating views (stride 0) may exceed the storages that they repeat.</summary>
    public const long Repetition = 64L << 20;
}
