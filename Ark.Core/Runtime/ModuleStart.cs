using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Ark;

/// <summary>What happens when the assembly is first used.</summary>
internal static class ModuleStart
{
    [ModuleInitializer]
    [SuppressMessage(
        "Usage", "CA2255", Justification = "The wait policy must be set before anything of the host loads the OpenMP library.")]
    internal static void Run() => WaitPolicy.Apply();
}
