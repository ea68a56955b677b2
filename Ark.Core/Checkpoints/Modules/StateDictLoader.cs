using static TorchSharp.torch;

namespace Ark;

/// <summary>Copies tensors from a file into a model, all or none: everything is compared and checksums are taken before the first element changes.</summary>
internal static class StateDictLoader
{
    public static LoadReport Load(nn.Module module, CheckpointReader reader, string? nestedKey, bool strict, IList<string>? skip, Dictionary<string, bool>? loadedParameters)
    {
        var choice = StateDictChoice.Choose(reader, nestedKey);
        var model = module.state_dict();
        var report = Compare(model, reader, choice, skip);
        Check(report, model.Count, strict);
        var work = report.Loaded.Select(e => (Stored: choice.Tensors[e.Name], Target: model[e.Name])).ToList();
        ParallelReading.ForEach(work.Select(w => w.Stored.Storage.Bytes!).Distinct().ToList(), b => b.Length, b => b.Verify());
        Copy(reader.Path, work);
        if (loadedParameters is not null)
        {
            var loaded = report.Loaded.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var name in model.Keys) loadedParameters[name] = loaded.Contains(name);
        }

        return report;
    }

    private static LoadReport Compare(Dictionary<string, Tensor> model, CheckpointReader reader, StateDictChoice choice, IList<string>? skip)
    {
        var skipped = new HashSet<string>(skip ?? [], StringComparer.Ordinal);
        var omni = model.Keys.Any(k => k.StartsWith("omni_heads.", StringComparison.Ordinal));
        List<LoadReportEntry> loaded = [], missing = [], unexpected = [], mismatched = [], left = [];
        foreach (var (name, target) in model)
        {
            var stored = choice.Tensors.GetValueOrDefault(name);
            var entry = new LoadReportEntry(name, stored?.Shape, target.shape);
            if (skipped.Contains(name)) left.Add(entry);
            else if (stored is null) missing.Add(entry with { HarmlessBecause = HarmlessNames.WhyHarmless(name, inModel: true, inFile: false, omni) });
            else if (!stored.Shape.AsSpan().SequenceEqual(target.shape)) mismatched.Add(entry with { HarmlessBecause = HarmlessNames.WhyHarmless(name, inModel: true, inFile: true, omni) });
            else loaded.Add(entry);
        }

        foreach (var (name, stored) in choice.Tensors.Where(t => !model.ContainsKey(t.Key)))
        {
            var entry = new LoadReportEntry(name, stored.Shape, null);
            if (skipped.Contains(name)) left.Add(entry);
            else unexpected.Add(entry with { HarmlessBecause = HarmlessNames.WhyHarmless(name, inModel: false, inFile: true, omni) });
        }

        return new LoadReport(reader.Path, reader.Format, choice.NestedKey, choice.PrefixStripped)
        {
            Loaded = loaded,
            Missing = missing,
            Unexpected = unexpected,
            Mismatched = mismatched,
            Skipped = left,
        };
    }

    private static void Check(LoadReport report, int modelCount, bool strict)
    {
        var place = report.NestedKey.Length == 0 ? null : $"key '{report.NestedKey}'";
        var wanted = modelCount - report.Skipped.Count(e => e.ModelShape is not null);
        // A tenth is no tolerance: a file of another family shares a few names by chance, one of the same family nearly all.
        if (report.Loaded.Count == 0 || report.Loaded.Count * 10 < wanted)
        {
            throw new CheckpointException(report.Path, place,
                $"fits {report.Loaded.Count} of the model's {wanted} tensors: it holds weights of another model, or under another key ({Differences(report)})",
                "Compare the architecture and the key with the listing of the file.");
        }

        if (strict && !report.IsComplete)
            throw new CheckpointException(report.Path, place, $"does not fit the model: {Differences(report)}", "Pass strict: false to load what fits, or skip these names.");
    }

    private static string Differences(LoadReport report)
    {
        var parts = new List<string>();
        Add("mismatched", report.Mismatched);
        Add("missing", report.Missing);
        Add("unexpected", report.Unexpected);
        return string.Join("; ", parts);

        void Add(string what, IReadOnlyList<LoadReportEntry> entries)
        {
            var harmful = entries.Where(e => e.HarmlessBecause is null).ToList();
            if (harmful.Count > 0) parts.Add($"{what} {harmful.Count}: {string.Join(", ", harmful.Take(3))}{(harmful.Count > 3 ? ", …" : "")}");
        }
    }

    private static void Copy(string path, List<(StoredTensor Stored, Tensor Target)> work)
    {
        using var noGrad = no_grad();
        var inPlace = work.Where(w => CanReadInPlace(w.Stored, w.Target)).Select(w => (Bytes: BytesOf(w.Stored), Address: AddressOf(w.Target))).ToList();
        ParallelReading.ForEach(inPlace, w => w.Bytes.Length, w => Read(w.Bytes, w.Address));
        using var assembler = new TensorAssembler(path);
        foreach (var (stored, target) in work.Where(w => !CanReadInPlace(w.Stored, w.Target))) target.copy_(assembler.Assemble(stored));
    }

    private static StorageBytes BytesOf(StoredTensor stored) => stored.Storage.Bytes!.Part(stored.Offset * stored.Element.Size, stored.ByteCount);

    private static unsafe nint AddressOf(Tensor tensor) => (nint)TensorMemory.AddressOf(tensor);

    private static unsafe void Read(StorageBytes bytes, nint address) => bytes.CopyTo((byte*)address);

    private static bool CanReadInPlace(StoredTensor stored, Tensor target) =>
        stored.IsContiguous && !stored.Storage.Bytes!.Deflated && stored.Element.Widening == Widening.None
        && stored.Element.Scalar == target.dtype && TensorMemory.IsDense(target);
}
