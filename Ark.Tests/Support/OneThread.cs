using Ark.Tests;
using TorchSharp;

[assembly: AssemblyFixture(typeof(OneThread))]

namespace Ark.Tests;

/// <summary>
/// Tests run beside each other and their networks are small: libtorch's threads would only wait for one another. Those that are about
/// threads say how many.
/// </summary>
public sealed class OneThread
{
    public OneThread()
    {
        NativeRuntime.Ensure();
        torch.set_num_threads(1);
    }
}
