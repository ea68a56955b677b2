using Ark.Training;

namespace Ark.Fuzz;

internal sealed class RunsTarget : FuzzTarget
{
    private const string Metrics = "metrics.jsonl";
    private const string Config = "config.json";

    public override string Name => "runs";

    public override string Description => "the folder of a run: metrics.jsonl, config.json, and the report of them";

    public override int SmokeExecutions => 400;

    public override long MaxAllocated(int length) => (96L << 20) + (8192L * length);

    public override IReadOnlyList<byte[]> Seeds()
    {
        var metrics = Samples.Files("earlier_runs", 100_000, ".jsonl");
        return
        [
            Bundle.Write(
            [
                (Metrics, metrics[0]),
                (Config, Samples.Text("""{"kind":"pretraining","options":{"epochs":3,"lr":0.001,"a":[1,{"b":null}]},"seed":1}""")),
            ]),
            Bundle.Write(
            [
                (Metrics, metrics[1]),
                (Config, Samples.Text(
                    """{"kind":"segmentation","options":{"epochs":3},"datasets":[{"name":"Boxes","structures":["left","right"]}]}""")),
                ("results.json", Samples.Text("""{"dataset":"Boxes","mean_dice":0.5,"structures":[{"name":"left","dice":0.5}]}""")),
            ]),
            Bundle.Write([(Metrics, metrics[0])]),
        ];
    }

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        Bundle.Mutate(seed, (name, content) =>
        {
            if (name != Metrics) return JsonMutations.Apply(content, Bundle.Of(others, name, random), random);
            if (random.Chance(0.2)) return TextMutations.Apply(content, [content], ",:", ["{}", "null", "\r", "\0", "}", "{"], random);
            // A line of its own, so that what is wrong in one does not hide the others.
            var lines = content.AsSpan().ToArray().Split((byte)'\n');
            var at = random.NextInt32(lines.Count);
            lines[at] = JsonMutations.Apply(lines[at], [lines[random.NextInt32(lines.Count)]], random);
            return [.. lines.SelectMany(l => l.Append((byte)'\n'))];
        }, random);

    public override byte[] MutatePlainly(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        Bundle.Mutate(seed, (_, content) => ByteMutations.Apply(content, [content], random), random);

    public override void Run(byte[] input, Execution execution)
    {
        var folder = Path.Combine(execution.Folder, "run");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach (var (name, content) in Bundle.Read(input)) execution.Write(Path.Combine("run", name), content);
        execution.Try("metrics", () => $"{Math.Min(RunMetrics.Read(Path.Combine(folder, Metrics)).Count(), 20)}");
        execution.Try("report", () =>
        {
            var html = RunReport.Of(folder);
            if (!html.TrimEnd().EndsWith("</html>", StringComparison.Ordinal)) throw new BrokenContractException("The report has no end.");
            if (html.Contains("<script", StringComparison.OrdinalIgnoreCase))
                throw new BrokenContractException("A script is in the report.");
            if (html.Contains("NaN", StringComparison.Ordinal) && !Holds(input, "NaN"))
                throw new BrokenContractException("A chart has places that are no numbers.");
            return $"{Math.Min(html.Length / 4096, 12)} {html.Contains("<polyline", StringComparison.Ordinal)}";
        });
    }

    private static bool Holds(byte[] input, string text) => input.AsSpan().IndexOf(Samples.Text(text)) >= 0;
}
