using System.Runtime.InteropServices;
using TorchSharp;

namespace Ark;

/// <summary>
/// With one thread, as in a container of one processor, libtorch asks NNPACK for every convolution, and where that does not know the
/// processor it writes a warning to standard error each time. PyTorch has a switch (<c>torch.backends.nnpack</c>), TorchSharp has none.
/// </summary>
internal static unsafe class QuietConvolutions
{
    /// <summary>Leaves NNPACK out. Where libtorch has another shape nothing happens.</summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux()
            || !NativeLibrary.TryLoad("libtorch_cpu.so", typeof(torch).Assembly, DllImportSearchPath.AssemblyDirectory, out var library))
            return;
        if (!NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out var context)
            || !NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledNNPACKEb", out var enable))
            return;
        ((delegate* unmanaged<nint, byte, void>)enable)(((delegate* unmanaged<nint>)context)(), 0);
    }
}
