using Ark.Data;

namespace Ark.Fuzz;

internal sealed class YamlTarget : FuzzTarget
{
    private static readonly string[] Words =
    [
        "data_dir", "train_list", "val_list", "test_list", "diseases", "structures", "task_type", "test_diseases_name",
        "annotation_percent", "adapter", "settings", "training", "multi-label classification", "segmentation", "image-list", "csv",
        "medmnist", "mask-folder", "vindr-ribcxr", "labels_list", "patient_pattern", "image_path", "{name:10}", "uncertain", "values",
        "columns", "spacing", "&a ", "*a", "<<: *a", "!!python/object:os.system ", "!!binary ", "!tag ", "--- ", "...", "? ", "| ", "> ",
        "|2-", "[", "]", "{", "}", ", ", ": ", "- ", "# ", "%YAML 1.1", "\t", "'", "\"", "\\x00", "\"\\ud800\"", "~", "null", "0x1F", "1e3",
        ".inf", "2001-01-01", "\u00ef\u00bb\u00bf", "\0", "\u0085", "$HOME", "${UNSET}", "(a+)+$",
        "[[[[[[[[[[[[[[[[[[", "{{{{{{{{{{{{{{{{{{",
    ];

    public override string Name => "yaml";

    public override string Description => "the catalogue of datasets";

    public override int SmokeExecutions => 600;

    public override long MaxAllocated(int length) => (64L << 20) + (8192L * length);

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("Hostile/yaml", 2000, ".yaml"),
        Samples.Text("""
            Chest:
              data_dir: images
              train_list: train.csv
              val_list: val.csv
              test_list: test.csv
              diseases: [A, B, "C: D"]
              task_type: multi-label classification
              annotation_percent: 50
              adapter: csv
              settings:
                image_column: Path
                image_path: "{name}"
                columns: {A: a, B: b}
                values: {"Yes": "1", "*": "0"}
                patient_pattern: "p([0-9]+)"
            Ribs:
              data_dir: ./ribs
              train_list: ribs.json
              structures: [right_ribs, left_ribs]
              task_type: segmentation
              adapter: vindr-ribcxr
              settings: {spacing: "0.175"}
            training:
              epochs: 3
              lr: 1e-3
              crop: [1, 2]
            """),
        Samples.Text("""
            Masks:
              data_dir: .
              structures:
                - lung
                - heart
              task_type: segmentation
              settings:
                parts:
                  lung: left_lung+right_lung
                mask_path: "masks/{structure}/{stem}.png"
            Map:
              data_dir: .
              train_list: a.txt
              structures: &s [lung, heart]
              task_type: segmentation
              adapter: mask-list
              settings: {values: {lung: "1", heart: "2"}}
            """),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        TextMutations.Apply(seed, others, ":, []{}", Words, random);

    public override void Run(byte[] input, Execution execution)
    {
        var path = execution.Write("input.yaml", input);
        // What the seeds name is there, so that what settings ask for is done.
        foreach (var list in (string[])["train.csv", "val.csv", "test.csv"])
            execution.Write(list, "Path,a,b,Patient\np1_a.png,1,0,x\np2_b.png,Yes,,y\n"u8);
        execution.Write("a.txt", "p1_a.png,p2_b.png\n"u8);
        execution.Write("ribs.json", """{"img":{"0":"p1_a.png"},"R1":{"0":null}}"""u8);
        foreach (var image in (string[])["images/p1_a.png", "images/p2_b.png", "ribs/p1_a.png"]) execution.Write(image, []);
        DatasetCatalogue? catalogue = null;
        execution.Try("catalogue", () =>
        {
            catalogue = DatasetCatalogue.Load(path, execution.Folder, _ => null);
            return $"{Math.Min(catalogue.Datasets.Count, 3)} {catalogue.Training.Count > 0}";
        });
        if (catalogue is null) return;
        foreach (var dataset in catalogue.Datasets.Take(5))
        {
            execution.Try("dataset", () =>
                catalogue.Get(dataset.Name).Adapter is { Length: <= 20 } adapter ? adapter : "another");
            // Settings are patterns, templates and words of the adapters. Folders are read as they are, so only our own.
            if (!dataset.DataDirectory.StartsWith(execution.Folder + "/", StringComparison.Ordinal)
                || dataset.DataDirectory.Contains("..", StringComparison.Ordinal))
                continue;
            execution.Try("adapter", () =>
            {
                var adapter = new DatasetAdapterRegistry().Create(dataset);
                return $"{adapter.GetType().Name} {adapter.ReadAsync(DatasetSplit.Train).AsTask().GetAwaiter().GetResult().Count}";
            });
            execution.Try("segmentation", () =>
            {
                var adapter = new SegmentationAdapterRegistry().Create(dataset, null!);
                return $"{adapter.GetType().Name} {adapter.ReadAsync(DatasetSplit.Train).AsTask().GetAwaiter().GetResult().Count}";
            });
        }
    }
}
