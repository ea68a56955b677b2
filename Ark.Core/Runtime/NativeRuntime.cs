using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Ark;

/// <summary>
/// Makes sure that libtorch is there before TorchSharp needs it: its own answer is a page of probing, inside an exception about a type.
/// </summary>
internal static class NativeRuntime
{
    private static readonly string Hint = LoadFailure.Hint(OperatingSystem.IsWindows(), OperatingSystem.IsMacOS());

    private static readonly Exception? Failure = Load();

    /// <summary>Makes sure that TorchSharp can work.</summary>
    /// <exception cref="InvalidOperationException">libtorch is missing, or cannot be loaded.</exception>
    public static void Ensure()
    {
        if (Failure is not null) throw new InvalidOperationException(Failure.Message, Failure.InnerException);
    }

    private static InvalidOperationException? Load()
    {
        var torchSharp = typeof(torch).Assembly;
        var isFound = true;
        try
        {
            if (OperatingSystem.IsLinux()) NativeLibrary.Load("torch_cpu", torchSharp, null);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            if (LoadFailure.Limit(e.Message) is { } limit)
                return new InvalidOperationException($"libtorch, which computes, could not be loaded: {limit}.", e);
            isFound = false;
        }

        // In notebooks TorchSharp finds libtorch among restored packages by itself.
        if (!isFound && !IsRestored()) return new InvalidOperationException($"libtorch, which computes, could not be found. {Hint}");
        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
            ThreadBudget.Apply();
            QuietConvolutions.Apply();
            return null;
        }
        catch (TypeInitializationException e)
        {
            if (LoadFailure.Limit(e.ToString()) is { } limit)
                return new InvalidOperationException($"TorchSharp's native library could not be loaded: {limit}.", e);
            var reason = (e.InnerException ?? e).Message.Split('\n')[0].Trim().TrimEnd('.');
            // Elsewhere than on Linux it was not looked for.
            return new InvalidOperationException(isFound
                ? $"TorchSharp's native library could not be loaded: {reason}.{(OperatingSystem.IsLinux() ? "" : " " + Hint)}"
                : $"libtorch, which computes, could not be loaded. {Hint}", e);
        }
    }

    private static bool IsRestored()
    {
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return IsRestored(
            Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
            $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");
    }

    /// <summary>Whether a folder of packages has libtorch for a platform; for others it has it where somebody published for them.</summary>
    internal static bool IsRestored(string packages, string platform) =>
        Directory.Exists(packages) && Directory.EnumerateDirectories(packages, $"libtorch-*-{platform}*").Any();
}
