using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ark;

/// <summary>Memory for what a file holds; a file that asks for too much is refused.</summary>
internal static class TensorRoom
{
    /// <summary>A one-dimensional tensor with room for elements; its content is undefined.</summary>
    /// <param name="path">The file that asks for it.</param>
    /// <param name="place">The entry that asks for it.</param>
    /// <param name="count">Elements.</param>
    /// <param name="type">Their type; with <see cref="ScalarType.Byte"/> the room is <paramref name="count"/> times <paramref name="size"/>
    /// bytes.</param>
    /// <param name="size">Bytes of one element in the file.</param>
    public static Tensor Allocate(string path, string place, long count, ScalarType type, int size)
    {
        try
        {
            return empty([type == ScalarType.Byte ? count * size : count], type, CPU);
        }
        catch (ExternalException e)
        {
            throw new CheckpointException(path, place, $"there is no memory for its {count * size} bytes", innerException: e);
        }
    }
}
