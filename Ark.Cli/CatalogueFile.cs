using Ark.Data;
using Ark.Phantom;
using Ark.Training;

namespace Ark.Cli;

/// <summary>Finds the catalogue that <c>--config</c> names.</summary>
internal static class CatalogueFile
{
    private const string Phantom = "builtin:phantom";

    /// <summary>
    /// Loads a catalogue; <c>builtin:phantom</c> is rendered into the user's cache first, so that it is read from files as any other.
    /// </summary>
    public static async Task<DatasetCatalogue> LoadAsync(string config, Terminal terminal, bool quiet, CancellationToken cancellationToken)
    {
        if (!config.StartsWith("builtin:", StringComparison.Ordinal)) return DatasetCatalogue.Load(config);
        if (config != Phantom) throw CommandLineError.Of("--config", $"there is no built-in catalogue '{config}'", $"Known is: {Phantom}.");
        using var reporter = new ConsoleReporter(terminal, quiet);
        var options = new PhantomDatasetOptions();
        return DatasetCatalogue.Load((await RenderPhantomAsync(
            Path.Combine(CacheFolder(), PhantomDatasets.FolderName(options)),
            options,
            reporter,
            cancellationToken).ConfigureAwait(false)).Catalogue);
    }

    /// <summary>The catalogue as it can be found again from another folder.</summary>
    public static string Lasting(string config) =>
        config.StartsWith("builtin:", StringComparison.Ordinal) ? config : Path.GetFullPath(config);

    /// <summary>
    /// Has decoded images of <c>builtin:phantom</c> kept beside them, unless options name a folder: decoding takes longer than learning
    /// from pictures of that size.
    /// </summary>
    public static T KeepDecoded<T>(string? config, T options)
        where T : OptimizationOptions
    {
        if (config == Phantom) options.CacheDirectory ??= Path.Combine(CacheFolder(), "decoded");
        return options;
    }

    /// <summary>The error for a run that was begun without a catalogue.</summary>
    public static ArkInputException NotRecorded(string config) =>
        new(
            config,
            "key 'catalogue'",
            "names no catalogue: the run was begun by a program with datasets of its own",
            "Go on with it in that program.");

    /// <summary>As <see cref="LoadAsync"/>, but <c>builtin:phantom</c> is the phantom with masks.</summary>
    public static async Task<DatasetCatalogue> LoadMasksAsync(
        string config, Terminal terminal, bool quiet, CancellationToken cancellationToken)
    {
        if (config != Phantom) return await LoadAsync(config, terminal, quiet, cancellationToken).ConfigureAwait(false);
        using var reporter = new ConsoleReporter(terminal, quiet);
        var options = PhantomSegmentation.Embedded;
        var written = await RenderPhantomAsync(
            Path.Combine(CacheFolder(), PhantomDatasets.FolderName(options)), options, reporter, cancellationToken).ConfigureAwait(false);
        return DatasetCatalogue.Load(Path.Combine(Path.GetDirectoryName(written.Catalogue)!, PhantomSegmentation.FileName));
    }

    /// <summary>Renders the phantom into a folder, or finds it there.</summary>
    public static async Task<PhantomFolder> RenderPhantomAsync(
        string folder, PhantomDatasetOptions options, ConsoleReporter reporter, CancellationToken cancellationToken)
    {
        var written = await PhantomDatasets.WriteAsync(folder, options, new PhantomReporter(reporter), cancellationToken)
            .ConfigureAwait(false);
        reporter.Line(written.Reused
            ? $"phantom: {written.Images} images, rendered before, in {folder}"
            : $"phantom: rendered {written.Images} images into {folder}");
        return written;
    }

    private static string CacheFolder() =>
        CacheFolder(() => Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create));

    /// <summary>
    /// The folder of what is rendered once: the user's, or where there is none that can be written, as in many containers, a temporary one.
    /// </summary>
    /// <param name="local">Finds and makes the user's folder of application data.</param>
    internal static string CacheFolder(Func<string> local)
    {
        try
        {
            if (local() is { Length: > 0 } found)
            {
                var folder = Directory.CreateDirectory(Path.Combine(found, "ark-dotnet")).FullName;
                using var trial = new FileStream(
                    Path.Combine(folder, $".{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1,
                    FileOptions.DeleteOnClose);
                return folder;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing but a cache: it may lie elsewhere.
        }

        return Path.Combine(Path.GetTempPath(), $"ark-dotnet-{Environment.UserName}");
    }

    private sealed class PhantomReporter(ConsoleReporter reporter) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            if (value.Done % 50 == 0) reporter.Live($"{value.What} {value.Done}/{value.Total}");
        }
    }
}
