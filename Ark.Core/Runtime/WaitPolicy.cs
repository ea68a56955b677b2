using System.Runtime.InteropServices;

namespace Ark;

/// <summary>
/// How libtorch's OpenMP threads wait for each other. By default they spin: beside any other work on the same cores, or under a container's
/// quota, a process then spends most of its time on waiting. The policy is read once, when the OpenMP library is loaded, so it has to be
/// set before.
/// </summary>
/// <remarks>Rests on: native code not reading the environment on another thread while <c>setenv</c> changes it: it is set before libtorch
/// is loaded, whose threads are the first to ask.</remarks>
internal static partial class WaitPolicy
{
    public const string Variable = "OMP_WAIT_POLICY";

    /// <summary>The description of what Ark sets.</summary>
    public const string Passive = "passive";

    // How long threads spin can also be said in a way of the library's own: libtorch has libgomp on Linux, and those of Intel and LLVM
    // elsewhere.
    private static readonly string[] Known = [Variable, OperatingSystem.IsLinux() ? "GOMP_SPINCOUNT" : "KMP_BLOCKTIME"];

    /// <summary>The policy in force and who set it, in words.</summary>
    public static string Description { get; private set; } = "";

    /// <summary>Lets threads sleep while they wait, unless the environment says otherwise.</summary>
    public static void Apply()
    {
        if (Known.FirstOrDefault(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 }) is { } given)
        {
            Description = $"{given}={Environment.GetEnvironmentVariable(given)} (environment)";
            return;
        }

        // Where it is too late this changes nothing.
        var isLate = IsLibtorchLoaded();
        Description = !Set()
            ? "the OpenMP library's own (it could not be set)"
            : isLate ? "the OpenMP library's own (libtorch was loaded before Ark)"
            : Passive;
    }

    private static bool Set()
    {
        // .NET keeps a copy of the environment for itself: native code on Unix does not see what is set there.
        if (OperatingSystem.IsWindows())
        {
            Environment.SetEnvironmentVariable(Variable, "PASSIVE");
            return true;
        }

        try
        {
            return setenv(Variable, "PASSIVE", overwrite: 1) == 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static bool IsLibtorchLoaded()
    {
        try
        {
            return OperatingSystem.IsLinux()
                && File.ReadLines("/proc/self/maps").Any(line => line.EndsWith("/libtorch_cpu.so", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc nobody can tell.
            return false;
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
