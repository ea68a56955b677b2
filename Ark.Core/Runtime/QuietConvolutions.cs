using System.Diagnostics;

namespace Ark;

/// <summary>
/// With one thread, as in a container of one processor, libtorch asks NNPACK for every convolution, and where that does not know the
/// processor it writes a warning to standard error each time. PyTorch has a switch (<c>torch.backends.nnpack</c>), TorchSharp has none.
/// </summary>
/// <remarks>Rests on: the two functions having the arguments that they have in the libtorch whose version <see cref="TorchSymbols"/>
/// compares.</remarks>
internal static unsafe class QuietConvolutions
{
    /// <summary>Leaves NNPACK out. Where libtorch is of another version nothing happens.</summary>
    public static void Apply()
    {
        var context = TorchSymbols.Find("_ZN2at13globalContextEv");
        var enable = TorchSymbols.Find("_ZN2at7Context20setUserEnabledNNPACKEb");
        if (context == 0 || enable == 0) return;
        Debug.Assert(TorchSymbols.IsKnownVersion, "Functions of another version are not found.");
        // at::globalContext() gives a reference that lives as long as the process; the other is its method of one flag. Neither throws.
        ((delegate* unmanaged<nint, byte, void>)enable)(((delegate* unmanaged<nint>)context)(), 0);
    }
}
