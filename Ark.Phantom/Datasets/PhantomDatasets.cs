using NetVips;

namespace Ark.Phantom;

/// <summary>
/// Writes four phantom datasets as real ones lie on disk: PNG images, list files in the published forms, a truth file, masks where
/// wanted, and the catalogue <c>phantom.yaml</c>. <c>PhantomFindings</c>: ten findings with missing and uncertain labels.
/// <c>PhantomTriage</c>: three classes. <c>PhantomPneumothorax</c>: one finding. <c>PhantomView</c>: AP or PA.
/// </summary>
public static class PhantomDatasets
{
    /// <summary>Writes the datasets, or finds that the folder holds them already.</summary>
    /// <param name="directory">The folder; must not exist, be empty, or hold the same datasets. It appears complete or not at all.</param>
    /// <param name="options">Size, seed, masks; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Is told about written images, from several threads.</param>
    /// <param name="cancellationToken">Ends the writing and removes what was written.</param>
    /// <returns>Where the catalogue is.</returns>
    /// <exception cref="ArkInputException">The folder holds something else or cannot be written, or the count is out of range.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task<PhantomFolder> WriteAsync(
        string directory,
        PhantomDatasetOptions? options = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new PhantomDatasetOptions();
        if (options.Count is < PhantomDatasetOptions.MinCount or > PhantomDatasetOptions.MaxCount)
        {
            throw new ArkInputException(
                "phantom",
                "count",
                $"{options.Count} images are out of range",
                $"Choose {PhantomDatasetOptions.MinCount} to {PhantomDatasetOptions.MaxCount} images in all.");
        }

        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        return Task.Run(
            () =>
            {
                try
                {
                    return Write(target, options, progress, cancellationToken);
                }
                catch (Exception e) when (Refusal(e) is { } refusal)
                {
                    throw new ArkInputException(
                        target, null, $"cannot be written: {refusal}", "Make room there, or name another folder.", e);
                }
            },
            cancellationToken);
    }

    /// <summary>
    /// The name of a folder for datasets of these options in a cache: other options, and other releases of the generator, have another.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <returns>A folder's name, without a path.</returns>
    public static string FolderName(PhantomDatasetOptions options) => PhantomManifest.Of(options).FolderName;

    /// <summary>Why the disk refused, in a line; <see langword="null"/> for an error of another kind.</summary>
    private static string? Refusal(Exception error) => error switch
    {
        // Threads that write fail together, and each for the same reason.
        AggregateException several => several.Flatten().InnerExceptions.Select(Refusal).FirstOrDefault(r => r is not null),
        VipsException => SystemError(error.Message.ReplaceLineEndings("\n").Split('\n')),
        IOException or UnauthorizedAccessException => error.Message.TrimEnd('.'),
        _ => null,
    };

    // libvips tells every step that failed, and somewhere between them the reason.
    private static string SystemError(string[] lines)
    {
        const string prefix = "system error: ";
        return lines.FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..] ?? lines[0];
    }

    private static PhantomFolder Write(
        string target, PhantomDatasetOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var plans = PhantomPlan.Cohorts.Select((_, k) => PhantomPlan.Of(k, options)).ToArray();
        var folder = new PhantomFolder(Path.Combine(target, PhantomCatalogue.FileName), plans.Sum(p => p.Count), Reused: true);
        if (Holds(target, options)) return folder;

        using var work = PhantomWorkFolder.Beside(target);
        var meter = new Meter(folder.Images, progress);
        for (var k = 0; k < plans.Length; k++) WriteDataset(work.FullName, k, plans[k], options, meter, cancellationToken);
        PhantomCatalogue.WriteText(Path.Combine(work.FullName, PhantomCatalogue.FileName), PhantomCatalogue.Text());
        if (options.Masks) PhantomSegmentation.Write(work.FullName, plans);
        PhantomManifest.Of(options).Write(work.FullName);
        cancellationToken.ThrowIfCancellationRequested();

        // Another process may have written the same datasets meanwhile.
        if (Holds(target, options)) return folder;
        work.TakePlace();
        return folder with { Reused = false };
    }

    private static bool Holds(string target, PhantomDatasetOptions options)
    {
        if (File.Exists(target)) throw new ArkInputException(target, null, "is a file", "Name a folder that does not exist yet.");
        if (!Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any()) return false;
        return PhantomManifest.Read(target) switch
        {
            null => throw new ArkInputException(
                target,
                null,
                "the folder holds something that is no phantom dataset",
                "Name a folder that is empty or does not exist yet."),
            var found when found == PhantomManifest.Of(options) => true,
            var found => throw new ArkInputException(
                target,
                null,
                $"the folder holds another phantom: seed {found.Seed}, {found.Count} images, {(found.Masks ? "with" : "without")} masks, "
                    + $"version {found.Version}, catalogue {found.Catalogue}",
                "Name another folder, or remove this one first."),
        };
    }

    private static void WriteDataset(
        string root, int index, List<PhantomCase> cases, PhantomDatasetOptions options, Meter meter, CancellationToken cancellationToken)
    {
        var cohort = PhantomPlan.Cohorts[index];
        var folder = Path.Combine(root, cohort.Name);
        Directory.CreateDirectory(Path.Combine(folder, PhantomCatalogue.Images));
        if (options.Masks)
        {
            foreach (var structure in Enum.GetValues<PhantomStructure>()) Directory.CreateDirectory(MaskFolder(folder, structure));
        }

        var truths = new string[cases.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken };
        Parallel.For(0, cases.Count, parallel, i =>
        {
            var radiograph = PhantomPlan.Render(index, cases[i], options.Seed);
            WritePng(Path.Combine(folder, PhantomCatalogue.Images, cases[i].FileName), radiograph.Image);
            if (options.Masks)
            {
                foreach (var structure in Enum.GetValues<PhantomStructure>())
                    WritePng(Path.Combine(MaskFolder(folder, structure), cases[i].FileName), radiograph.Mask(structure));
            }

            truths[i] = PhantomTruth.Line(cases[i], radiograph);
            meter.Count();
        });
        PhantomCatalogue.WriteText(Path.Combine(folder, PhantomTruth.FileName), string.Join('\n', truths) + "\n");
        PhantomCatalogue.WriteLists(folder, cohort, cases);
    }

    private static string MaskFolder(string folder, PhantomStructure structure) => Path.Combine(folder, "masks", structure.FolderName());

    private static void WritePng(string path, RasterImage image)
    {
        using var picture = Image.NewFromMemory(image.Pixels, image.Width, image.Height, 1, Enums.BandFormat.Uchar);
        picture.Pngsave(path, compression: 1);
    }

    private sealed class Meter(int total, IProgress<WorkProgress>? progress)
    {
        private int _done;

        public void Count()
        {
            var done = Interlocked.Increment(ref _done);
            if (progress is not null && (done % 20 == 0 || done == total))
                progress.Report(new WorkProgress("rendering the phantom", done, total));
        }
    }
}
