using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// Backs large tensors with pages of 2 MB. Linux does so only where it is asked to, and a model of 360 MB is otherwise 90,000 pages, each
/// of which costs a fault when it is first touched: more in all than reading the file that fills them.
/// </summary>
/// <remarks>Rests on: the tensor being the whole of the memory that it adopts, which it alone frees; and on <c>THSTensor_new</c> having the
/// arguments that the version of TorchSharp gives it that Ark is built with.</remarks>
internal static unsafe partial class HugePages
{
    private const nint Size = 2 << 20;
    private const int Advice = 14;

    // Makes a tensor of memory that is there, as TorchSharp itself does with arrays, and is told how to free it.
    private static readonly delegate* unmanaged<
        void*, delegate* unmanaged[Cdecl]<void*, void>, long*, int, sbyte, sbyte, int, int, byte, nint> Adopt = Find();

    /// <summary>A tensor of single precision; its content is undefined.</summary>
    /// <param name="device">Where it lives; <see langword="null"/> for TorchSharp's default device.</param>
    /// <param name="shape">Its shape.</param>
    /// <returns>
    /// A dense tensor at the beginning of a storage of its own, which it fills: what reads or writes parameters by their storage, as other
    /// packages do, would mistake a view into a larger one. The caller owns it.
    /// </returns>
    public static Tensor Empty(Device? device, params long[] shape)
    {
        // A product that overflowed would be adopted as more memory than there is.
        var count = shape.Aggregate(1L, (a, b) => checked(a * b));
        var bytes = checked((nint)count * sizeof(float));
        if (bytes < Size || (device ?? get_default_device()).type != DeviceType.CPU || Adopt is null)
            return empty(shape, ScalarType.Float32, device);
        var memory = NativeMemory.AlignedAlloc((nuint)bytes, (nuint)Size);
        // It can be ignored, and changes nothing but speed.
        Debug.Assert(Array.TrueForAll(shape, s => s > 0) && (nint)memory % Size == 0, "The memory is aligned, and has every element.");
        _ = madvise(memory, bytes & ~(Size - 1), Advice);
        fixed (long* sizes = shape)
        {
            const sbyte type = (sbyte)ScalarType.Float32;
            if (Adopt(memory, &Free, sizes, shape.Length, type, type, (int)DeviceType.CPU, -1, 0) is not 0 and var handle)
                return Tensor.UnsafeCreateTensor(handle);
        }

        NativeMemory.AlignedFree(memory);
        return empty(shape, ScalarType.Float32, device);
    }

    private static delegate* unmanaged<
        void*, delegate* unmanaged[Cdecl]<void*, void>, long*, int, sbyte, sbyte, int, int, byte, nint> Find()
    {
        if (!OperatingSystem.IsLinux()) return null;
        // Whatever TorchSharp has loaded is what counts; a second copy would not be initialised.
        InitializeDeviceType(DeviceType.CPU);
        return NativeLibrary.TryLoad("LibTorchSharp", typeof(nn).Assembly, DllImportSearchPath.AssemblyDirectory, out var library)
            && NativeLibrary.TryGetExport(library, "THSTensor_new", out var address)
                ? (delegate* unmanaged<
                    void*, delegate* unmanaged[Cdecl]<void*, void>, long*, int, sbyte, sbyte, int, int, byte, nint>)address
                : null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(void* memory) => NativeMemory.AlignedFree(memory);

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nint length, int advice);
}
