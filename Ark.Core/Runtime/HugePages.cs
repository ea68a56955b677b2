using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// Backs large tensors with pages of 2 MB. Linux does so only where it is asked to, and a model of 360 MB is otherwise 90,000 pages, each
/// of which costs a fault when it is first touched: more in all than reading the file that fills them.
/// </summary>
/// <remarks>Rests on: the room being a large page longer than the tensor, so that the tensor begins and ends within it.</remarks>
internal static partial class HugePages
{
    private const nint Size = 2 << 20;
    private const int Advice = 14;

    /// <summary>A tensor of single precision; its content is undefined.</summary>
    /// <param name="device">Where it lives; <see langword="null"/> for TorchSharp's default device.</param>
    /// <param name="shape">Its shape.</param>
    /// <returns>A dense tensor with a storage of its own; the caller owns it.</returns>
    public static Tensor Empty(Device? device, params long[] shape)
    {
        var count = shape.Aggregate(1L, (a, b) => a * b);
        if (!OperatingSystem.IsLinux() || (device ?? get_default_device()).type != DeviceType.CPU || count * sizeof(float) < Size)
            return empty(shape, ScalarType.Float32, device);
        // A large page begins at a multiple of its size: what is allocated too much before it is never touched, and so takes no memory.
        using var scope = NewDisposeScope();
        var room = empty([count + (Size / sizeof(float))], ScalarType.Float32, CPU);
        var address = Address(room);
        var first = (address + Size - 1) & ~(Size - 1);
        Debug.Assert(first >= address && first - address <= Size, "The tensor ends within its room.");
        // It can be ignored, and changes nothing but speed.
        _ = madvise(first, (nint)(count * sizeof(float)) & ~(Size - 1), Advice);
        return room.narrow(0, (first - address) / sizeof(float), count).view(shape).MoveToOuterDisposeScope();
    }

    private static unsafe nint Address(Tensor tensor) => (nint)TensorMemory.AddressOf(tensor);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}
