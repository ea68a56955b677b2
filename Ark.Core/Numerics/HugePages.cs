using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// Asks Linux to back a large tensor with pages of 2 MB. By default it does so only where it is asked to, and a model of 360 MB is otherwise 90,000 pages, each
/// of which costs a fault when it is first touched: more in all than reading the file that fills them.
/// </summary>
internal static partial class HugePages
{
    private const nint Size = 2 << 20;
    private const int Advice = 14;

    /// <summary>Gives the advice. It can be ignored, and changes nothing but speed.</summary>
    /// <param name="tensor">A dense tensor whose memory has not been touched yet.</param>
    public static unsafe void Advise(Tensor tensor)
    {
        if (!OperatingSystem.IsLinux() || tensor.device_type != DeviceType.CPU) return;
        var bytes = (nint)(tensor.numel() * tensor.element_size());
        if (bytes < Size) return;
        var address = (nint)TensorMemory.AddressOf(tensor);
        var first = (address + Size - 1) & ~(Size - 1);
        var length = ((address + bytes) & ~(Size - 1)) - first;
        if (length > 0) _ = madvise(first, length, Advice);
    }

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nint length, int advice);
}
