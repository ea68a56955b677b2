using System.Text;
using System.Text.RegularExpressions;
using Ark.Data;
using Ark.Evaluation;

namespace Ark.Fuzz;

internal sealed partial class ListsTarget : FuzzTarget
{
    private const int AdaptersOfOne = 4;

    private static readonly string[] Words =
    [
        "Path", "image", "filename", "Image Index", "Finding Labels", "patientId", "class", "image_id", "name", "label", "labels", "split",
        "patient", "true:A", "A", "B", "e0", "Edema", "No Finding", "train", "test", "a_000.png", "1.0", "-1.0", "", "\"", "\"\"", "nan",
        "\u00ef\u00bb\u00bf", "\u00ff\u00fe", "\0", "\r", "\n", "covid", "normal", "positive", "COVID-19",
    ];

    private static readonly (string Adapter, string Name, LabelTask Task, int Labels)[] Adapters =
    [
        ("ChestXray14", "input.txt", LabelTask.MultiLabel, 14), ("ChestXray14", "input.csv", LabelTask.MultiLabel, 3),
        ("RSNAPneumonia", "input.txt", LabelTask.MultiClass, 3), ("RSNAPneumonia", "input.csv", LabelTask.MultiClass, 3),
        ("VinDrCXR", "input.txt", LabelTask.MultiLabel, 6), ("VinDrCXR", "input.csv", LabelTask.MultiLabel, 3),
        ("Shenzhen", "input.txt", LabelTask.Binary, 1), ("CheXpert", "input.csv", LabelTask.MultiLabel, 14),
        ("MIMIC", "input.csv", LabelTask.MultiLabel, 14), ("COVIDx", "input.txt", LabelTask.MultiClass, 3),
        ("ChestDR", "input.csv", LabelTask.MultiLabel, 3), ("SIIM-ACR", "input.csv", LabelTask.Binary, 1),
        ("TBX11K", "input.txt", LabelTask.MultiClass, 3), ("NODE21", "input.csv", LabelTask.Binary, 1),
        ("PadChest", "input.csv", LabelTask.MultiLabel, 3), ("csv", "input.csv", LabelTask.MultiLabel, 3),
        ("image-list", "input.txt", LabelTask.MultiLabel, 3),
    ];

    private static readonly string[] ChexpertLabels =
    [
        "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia",
        "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
    ];

    private bool _hasImages;

    public override string Name => "lists";

    public override string Description => "lists and tables of datasets, predictions and embeddings in CSV";

    public override int SmokeExecutions => 500;

    public override long MaxAllocated(int length) => (96L << 20) + (8192L * length);

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("06_adapters", 6000, ".txt", ".csv"), .. Samples.Files("Hostile/list", 2000, ".txt", ".csv"),
        Samples.Text("name,e0,e1,e2\na.png,0.5,1,2\nb.png,1,2,3\n"),
        Samples.Text("image,patient,A:true,A,B:true,B\na.png,p1,1,0.5,0,0.25\n"),
        Samples.Text("Image Index,Finding Labels,Patient ID\na_000.png,A|B,1\na_001.png,No Finding,2\n"),
        Samples.Text("patientId,class,Target\na64f7613-1c51,Lung Opacity,1\n31b1891a-d70c,Normal,0\n"),
        Samples.Text("ImageId,EncodedPixels\n1.2.3,-1\n1.2.4,10 20\n"),
        Samples.Text("ImageDir,ImageID,Labels,PatientID\n0,a.png,\"['A']\",1\n"),
        Samples.Written("a.csv", path => PredictionFile.WriteAsync(path, new Predictions(
            new LabelSchema(LabelTask.MultiLabel, ["A", "B"]), [1, 0, float.NaN, 1], [0.5f, 0.25f, 0.75f, 1], ["a.png", "b.png"]))
            .GetAwaiter().GetResult()),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        TextMutations.Apply(seed, others, ",;\t |"[(random.NextInt32(3) / 2)..], Words, random);

    public override void Run(byte[] input, Execution execution)
    {
        var images = Path.Combine(execution.Folder, "images");
        if (!_hasImages) AddImages(execution);
        execution.Write("input.txt", input);
        var table = execution.Write("input.csv", input);
        IReadOnlyList<ImageSample>? samples = null;
        // Each reads a list in a few; which, the list itself decides.
        var first = (int)(Crc32.Append(input) % (uint)Adapters.Length);
        foreach (var (adapter, name, task, count) in Adapters.Concat(Adapters).Skip(first).Take(AdaptersOfOne))
        {
            execution.Try(adapter, () =>
            {
                string[] labels = count == 14 ? ChexpertLabels : [.. new[] { "A", "B", "C", "D", "E", "F" }.Take(count)];
                samples = new DatasetAdapterRegistry().Create(new DatasetDefinition
                {
                    Name = "Fuzz",
                    Adapter = adapter,
                    DataDirectory = images,
                    TrainList = Path.Combine(execution.Folder, name),
                    Labels = new LabelSchema(task, labels),
                }).ReadAsync(DatasetSplit.Train).AsTask().GetAwaiter().GetResult();
                if (samples.Any(s => s.Targets.Length != labels.Length)) throw new BrokenContractException("A row has too few labels.");
                return $"{Math.Min(samples.Count, 3)} {samples.Any(s => s.PatientId is not null)}";
            });
        }

        execution.Try("embeddings", () =>
        {
            var read = EmbeddingFiles.Load(table);
            read.Find(Math.Max(0, read.IndexOf(read.Names?[0] ?? "")), 3);
            return $"{Math.Min(read.Count, 3)} {Math.Min(read.Width, 3)}";
        });
        execution.Try("predictions", () =>
        {
            var read = PredictionFile.ReadAsync(table).GetAwaiter().GetResult();
            return $"{Math.Min(read.Count, 3)} {Math.Min(read.Labels.Count, 3)}";
        });
        if (samples is { Count: > 0 })
            execution.Try("groups", () => $"{GroupReader.Read(new GroupColumn("Sex") { Metadata = table }, samples).Distinct().Length}");
    }

    // What the seeds name is there, so that rows are read to their ends.
    private void AddImages(Execution execution)
    {
        foreach (var name in Seeds().SelectMany(s => ImageName().Matches(Encoding.UTF8.GetString(s)).Select(m => m.Value)))
        {
            if (name.Contains("..", StringComparison.Ordinal) || name.StartsWith('/') || name.Length > 200) continue;
            foreach (var ending in name.StartsWith("train_jpeg/", StringComparison.Ordinal) ? (string[])[".jpeg"] : ["", ".dcm", ".png"])
                execution.Write(Path.Combine("images", name + ending), []);
        }

        _hasImages = true;
    }

    [GeneratedRegex("[A-Za-z0-9_./-]+\\.(png|jpg|jpeg)|train_jpeg/[a-z0-9]+|[0-9a-f]+-[0-9a-f]+", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ImageName();
}
