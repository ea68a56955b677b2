using System.Diagnostics;
using System.Globalization;
using Ark.Models;

namespace Ark.Benchmarks;

/// <summary>
/// Loading a full-size Ark-6 file against a plain sequential read of the same file into memory, in one process, in turn. The read takes
/// fresh memory each time, as a caller of <see cref="File.ReadAllBytes"/> gets, or writes over memory that it has; so does loading, into a
/// model that is there or that is made.
/// </summary>
internal static class CheckpointBenchmark
{
    private const int Rounds = 9;

    public static async Task<int> RunAsync(string? file)
    {
        var scratch = Directory.CreateTempSubdirectory("ark-benchmark-");
        try
        {
            var configuration = ReleasedModels.Get("ark6").Configuration;
            using var model = new ArkModel(configuration);
            foreach (var path in file is null ? Write(model, scratch.FullName) : [file]) await MeasureAsync(path, model);
            return 0;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static string[] Write(ArkModel model, string folder)
    {
        var (pickle, safe) = (Path.Combine(folder, "ark6.pth.tar"), Path.Combine(folder, "ark6.safetensors"));
        model.save_py(pickle);
        model.save_safetensors(safe);
        return [pickle, safe];
    }

    private static async Task MeasureAsync(string path, ArkModel model)
    {
        var length = new FileInfo(path).Length;
        var reused = new byte[length];
        Read(path, reused);
        List<double> read = [], readReused = [], load = [], build = [], list = [];
        long peak = 0;
        for (var round = 0; round < Rounds; round++)
        {
            GC.Collect();
            read.Add(Time(() => GC.KeepAlive(File.ReadAllBytes(path))));
            readReused.Add(Time(() => Read(path, reused)));
            GC.Collect();
            var before = ResetPeak();
            load.Add(Time(() => model.load_checkpoint(path)));
            peak = Math.Max(peak, Peak() - before);
            build.Add(Time(() => ArkModel.Load(path).Dispose()));
            list.Add(Time(() => CheckpointFile.ReadIndex(path)));
        }

        await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"""
            {Path.GetFileName(path)}, {length / 1e6:F0} MB, median of {Rounds}, first round in brackets
              plain read, fresh memory      {Show(read)}
              plain read, reused memory     {Show(readReused)}
              load_checkpoint into a model  {Show(load)}   {Median(load) / Median(read):F2} of the plain read ({load[0] / read[0]:F2})
              ArkModel.Load, model included {Show(build)}   {Median(build) / Median(read):F2} of the plain read ({build[0] / read[0]:F2})
              listing                       {Show(list)}
              peak memory while loading     {peak / 1e6,7:F1} MB beyond the model

            """));
    }

    private static void Read(string path, byte[] buffer)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        stream.ReadExactly(buffer);
    }

    private static double Time(Action work)
    {
        var watch = Stopwatch.StartNew();
        work();
        return watch.Elapsed.TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Show(List<double> values) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median(values),7:F1} ms [{values[0],6:F1}]");

    /// <summary>Starts the peak of resident memory anew (Linux) and says what is resident now.</summary>
    private static long ResetPeak()
    {
        if (OperatingSystem.IsLinux()) File.WriteAllText("/proc/self/clear_refs", "5");
        return Environment.WorkingSet;
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
