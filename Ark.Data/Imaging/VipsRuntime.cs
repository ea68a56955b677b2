using NetVips;

namespace Ark.Data;

/// <summary>Sets libvips up, once a process, before its first use here.</summary>
internal static class VipsRuntime
{
    private static readonly Exception? Failure = SetUp();

    /// <summary>The version of libvips; <see langword="null"/> where there is none.</summary>
    public static string? Version =>
        Failure is null ? string.Join('.', NetVips.NetVips.Version(0), NetVips.NetVips.Version(1), NetVips.NetVips.Version(2)) : null;

    /// <summary>Makes sure that the set-up has happened.</summary>
    /// <exception cref="InvalidOperationException">libvips is missing.</exception>
    public static void Ensure()
    {
        if (Failure is null) return;
        if (LoadFailure.Limit(Failure.ToString()) is { } limit)
            throw new InvalidOperationException($"libvips, which decodes images, could not be loaded: {limit}.", Failure);
        throw new InvalidOperationException(
            "libvips, which decodes images, could not be loaded. Add the package NetVips.Native, or that of one platform such as "
                + "NetVips.Native.linux-x64, to the application.",
            Failure);
    }

    private static Exception? SetUp()
    {
        if (!ModuleInitializer.VipsInitialized) return ModuleInitializer.Exception ?? new DllNotFoundException("libvips");

        // Parallelism is over images; each one's own threads would only multiply with the callers'.
        NetVips.NetVips.Concurrency = 1;
        // Results are never asked for twice: a cache of them would be memory that grows.
        Cache.Max = 0;
        // Loaders that libvips does not hold safe for hostile input stay shut, whoever calls.
        NetVips.NetVips.BlockUntrusted = true;
        // By default libvips writes its warnings to standard error. Whatever matters comes as an exception.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, static (_, _, _) => { });
        return null;
    }
}
