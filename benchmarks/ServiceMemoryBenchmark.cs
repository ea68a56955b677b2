using System.Diagnostics;
using System.Globalization;
using Ark.Phantom;
using NetVips;

namespace Ark.Benchmarks;

/// <summary>
/// Starts the sample service as a process of its own and sends it large radiographs, many at a time: resident memory before the first, at
/// most meanwhile, and ten seconds after the last.
/// </summary>
internal static class ServiceMemoryBenchmark
{
    private const int Side = 2048;
    private const int Pictures = 6;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    /// <param name="assembly">The built <c>Ark.Service.dll</c>.</param>
    /// <param name="paths">What is asked, such as <c>predictions</c>; each begins with a fresh process.</param>
    /// <param name="uploads">Pictures in all, for each path.</param>
    /// <param name="atOnce">Pictures under way at a time.</param>
    /// <param name="report">Where the figures go.</param>
    public static async Task RunAsync(string assembly, IReadOnlyList<string> paths, int uploads, int atOnce, TextWriter report)
    {
        var pictures = Enumerable.Range(0, Pictures).Select(Png).ToArray();
        await report.WriteLineAsync(
            $"{uploads} uploads of {Side}x{Side} RGB, {atOnce} at a time; PNGs of {pictures.Average(p => p.Length / 1e6):F1} MB");
        await report.WriteLineAsync(
            "| path | idle MB | most above idle | 10 s later above idle | seconds | not answered |\n|---|---|---|---|---|---|");
        foreach (var path in paths) await MeasureAsync(assembly, path, pictures, uploads, atOnce, report);
    }

    private static async Task MeasureAsync(string assembly, string path, byte[][] pictures, int uploads, int atOnce, TextWriter report)
    {
        using var service = Process.Start(new ProcessStartInfo("dotnet",
        [
            assembly, "--Urls", "http://127.0.0.1:0", "--Service:Timeout", "00:10:00"
        ])
        { RedirectStandardOutput = true, UseShellExecute = false })!;
        try
        {
            using var http = new HttpClient { BaseAddress = await ListeningAsync(service), Timeout = TimeSpan.FromMinutes(10) };
            await Task.Delay(TimeSpan.FromSeconds(2));
            var idle = Resident(service);
            using var stop = new CancellationTokenSource();
            var highest = Watch(service, stop.Token);
            var watch = Stopwatch.StartNew();
            var (next, failed) = (-1, 0);
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Increment(ref next) is var i && i < uploads)
                {
                    using var content = new ByteArrayContent(pictures[i % pictures.Length]);
                    using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
                    if (!answer.IsSuccessStatusCode) Interlocked.Increment(ref failed);
                }
            })));
            var seconds = watch.Elapsed.TotalSeconds;
            await Task.Delay(TimeSpan.FromSeconds(10));
            var later = Resident(service);
            await stop.CancelAsync();
            var most = await highest;
            await report.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"| {path} | {idle:F0} | {most - idle:F0} | {later - idle:F0} | {seconds:F0} | {failed} |"));
        }
        finally
        {
            service.Kill();
            await service.WaitForExitAsync();
        }
    }

    private static async Task<Uri> ListeningAsync(Process service)
    {
        const string sign = "Now listening on: ";
        while (await service.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.IndexOf(sign, StringComparison.Ordinal) is >= 0 and var at)
            {
                // Read on, or the service would wait for its log to be taken.
                _ = service.StandardOutput.ReadToEndAsync();
                return new Uri(line[(at + sign.Length)..].Trim());
            }
        }

        throw new InvalidOperationException("The service ended before it listened.");
    }

    private static Task<double> Watch(Process service, CancellationToken stop) => Task.Run(async () =>
    {
        var highest = 0.0;
        while (!stop.IsCancellationRequested)
        {
            highest = Math.Max(highest, Resident(service));
            await Task.Delay(Pace, CancellationToken.None);
        }

        return highest;
    });

    private static double Resident(Process service) =>
        EngineMemoryBenchmark.Status("VmRSS", service.Id.ToString(CultureInfo.InvariantCulture));

    // A radiograph with grain of its own in each channel, as a colour scan of a film has: nothing that could be stored as grey.
    private static byte[] Png(int seed)
    {
        var radiograph = PhantomGenerator.Render((ulong)seed, new PhantomOptions { Patient = (ulong)seed }).Image;
        using var small = Image.NewFromMemory(
            radiograph.Pixels, radiograph.Width, radiograph.Height, radiograph.Channels, Enums.BandFormat.Uchar);
        using var grey = small.ThumbnailImage(Side, height: Side, size: Enums.Size.Force).ExtractBand(0);
        Image[] channels = [.. Enumerable.Range(0, 3)
            .Select(c => grey + Image.Gaussnoise(Side, Side, sigma: 2, mean: 0, seed: (seed * 3) + c))];
        using var joined = channels[0].Bandjoin(channels[1..]);
        using var color = joined.Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);
        foreach (var channel in channels) channel.Dispose();
        return color.PngsaveBuffer();
    }
}
