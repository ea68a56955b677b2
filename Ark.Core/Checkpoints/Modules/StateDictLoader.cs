using System.Diagnostics;
using static TorchSharp.torch;

namespace Ark;

/// <summary>
/// Copies tensors from a file into a model, all or none: everything is compared and checksums are taken before the first element changes,
/// unless the model is new and given up where something is wrong.
/// </summary>
/// <remarks>Rests on: a target that is read into being dense and of the file's own type and shape, and alive: the module holds
/// it.</remarks>
internal static class StateDictLoader
{
    /// <param name="module">The model.</param>
    /// <param name="reader">The file.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> to choose.</param>
    /// <param name="strict">Whether every difference in names or shapes is refused.</param>
    /// <param name="skip">Names that are left as they are.</param>
    /// <param name="loadedParameters">Receives for each name whether it was loaded.</param>
    /// <param name="takeOver">Asked for each tensor that is stored as the model has it whether the caller reads it, later, from the checked
    /// bytes.</param>
    /// <returns>What became of every tensor.</returns>
    public static LoadReport Load(
        nn.Module module, CheckpointReader reader, string? nestedKey, bool strict, IList<string>? skip,
        Dictionary<string, bool>? loadedParameters, Func<Tensor, StorageBytes, bool>? takeOver = null)
    {
        var layouts = module as IWeightLayouts;
        return LoadChosen(module, reader, Choose(module, reader, nestedKey, layouts), strict, skip, loadedParameters, takeOver);
    }

    /// <summary>Loads a state dict that has been chosen.</summary>
    /// <param name="module">The model.</param>
    /// <param name="reader">The file.</param>
    /// <param name="found">The state dict.</param>
    /// <param name="strict">Whether every difference in names or shapes is refused.</param>
    /// <param name="skip">Names that are left as they are.</param>
    /// <param name="loadedParameters">Receives for each name whether it was loaded.</param>
    /// <param name="takeOver">As of <see cref="Load"/>.</param>
    /// <param name="isNew">Whether the model was made for the file, and is given up where a weight turns out to be no number.</param>
    /// <returns>What became of every tensor.</returns>
    public static LoadReport LoadChosen(
        nn.Module module, CheckpointReader reader, StateDictChoice found, bool strict, IList<string>? skip,
        Dictionary<string, bool>? loadedParameters, Func<Tensor, StorageBytes, bool>? takeOver = null, bool isNew = false)
    {
        var layouts = module as IWeightLayouts;
        var names = layouts?.Rename(found.Shapes) ?? new Dictionary<string, string>(StringComparer.Ordinal);
        var choice = found.Rename(reader.Path, names);
        var model = module.state_dict();
        foreach (var (name, target) in model)
            if (skip?.Contains(name) != true) RequireWritable(name, target);
        var report = Compare(model, reader, choice, skip, strict ? null : layouts, names);
        Check(report, model, strict, () => Hint(found, layouts), canResize: report.Mismatched.Any(e => CanResize(layouts, e)));
        var work = report.Loaded.Concat(report.Resized).Select(e => new Move(e.Name, choice.Tensors[e.Name], model[e.Name])).ToList();
        var isChecked = !isNew;
        Check(work, isChecked);
        var resized = work[report.Loaded.Count..].Select(w => Resize(reader.Path, layouts!, w)).ToList();
        try
        {
            var copied = work[..report.Loaded.Count].Where(w => takeOver is null || !w.IsInPlace || !takeOver(w.Target, w.Bytes));
            Copy(reader.Path, [.. copied], isChecked);
            foreach (var (move, tensor) in work[report.Loaded.Count..].Zip(resized)) Replace(move.Target, tensor);
        }
        finally
        {
            resized.ForEach(t => t.Dispose());
        }

        if (loadedParameters is not null)
        {
            var loaded = report.Loaded.Concat(report.Resized).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var name in model.Keys) loadedParameters[name] = loaded.Contains(name);
        }

        return report;
    }

    /// <summary>
    /// Reads through what goes straight into the model, so that nothing changes where it is damaged. What is read beside the model first is
    /// compared on the way there.
    /// </summary>
    private static void Check(List<Move> work, bool all)
    {
        var direct = work.Where(w => w.IsInPlace).ToList();
        var parts = direct.Where(w => !w.IsWhole).Select(w => w.Stored.Storage.Bytes!).Distinct().ToList();
        ParallelReading.ForEach(parts, b => b.Length, b => b.Verify());
        // A model that is in use keeps its weights where the file's are no numbers; a new one is given up.
        if (all) ParallelReading.ForEach(direct, w => w.Stored.ByteCount, w => w.Bytes.RequireFinite(w.Type));
    }

    /// <summary>Refuses what numbers cannot be written to, before the first is: half a state dict is worse than none.</summary>
    private static void RequireWritable(string name, Tensor target)
    {
        if (WhyNotWritable(target) is { } problem) throw new ArgumentException($"The module's '{name}' {problem}.", nameof(target));
    }

    private static string? WhyNotWritable(Tensor target)
    {
        if (target.IsInvalid) return "has been disposed";
        if (target.device_type == TorchSharp.DeviceType.META) return "has no memory: it is on the device 'meta'";
        if (target.is_sparse) return "is sparse";
        return target.shape.Zip(target.stride()).Any(d => d.First > 1 && d.Second == 0)
            ? "holds one number in several places, by a stride of 0"
            : null;
    }

    private static StateDictChoice Choose(nn.Module module, CheckpointReader reader, string? nestedKey, IWeightLayouts? layouts)
    {
        var networks = layouts is null ? new ModuleNames(module.state_dict().Keys) : layouts.Networks;
        try
        {
            return StateDictChoice.Choose(reader, nestedKey, networks);
        }
        catch (CheckpointException e) when (nestedKey is not null && StateDictKey.TryChoose(reader.Root) is { } other)
        {
            var hint = Hint(StateDictChoice.Choose(reader, null, networks), layouts);
            if (hint.Length == 0) throw;
            throw new CheckpointException(
                e.InputSource, e.Place, $"{e.Problem}; under {(other.Key.Length == 0 ? "no key" : $"'{other.Key}'")} {hint}", e.Hint, e);
        }
    }

    private static string Hint(StateDictChoice found, IWeightLayouts? layouts) =>
        layouts?.Describe(found.Shapes) is { } words ? $"the file seems to hold {words}" : "";

    private static bool CanResize(IWeightLayouts? layouts, LoadReportEntry entry) =>
        layouts is not null && entry is { FileShape: { } from, ModelShape: { } to } && layouts.CanResize(entry.Name, [.. from], [.. to]);

    private static LoadReport Compare(
        Dictionary<string, Tensor> model, CheckpointReader reader, StateDictChoice choice, IList<string>? skip, IWeightLayouts? resizing,
        IReadOnlyDictionary<string, string> names)
    {
        var skipped = new HashSet<string>(skip ?? [], StringComparer.Ordinal);
        var swin = model.ContainsKey("patch_embed.proj.weight") && model.ContainsKey("norm.weight");
        var omni = model.Keys.Any(k => k.StartsWith("omni_heads.", StringComparison.Ordinal));
        List<LoadReportEntry> loaded = [], resized = [], missing = [], unexpected = [], mismatched = [], left = [];
        foreach (var (name, target) in model)
        {
            var stored = choice.Tensors.GetValueOrDefault(name);
            var entry = new LoadReportEntry(name, stored?.Shape, target.shape);
            if (skipped.Contains(name)) left.Add(entry);
            else if (stored is null)
                missing.Add(entry with { HarmlessBecause = HarmlessNames.WhyHarmless(name, inModel: true, inFile: false, omni, swin) });
            else if (stored.Shape.AsSpan().SequenceEqual(target.shape)) loaded.Add(entry);
            else if (CanResize(resizing, entry)) resized.Add(entry);
            else mismatched.Add(entry with { HarmlessBecause = HarmlessNames.WhyHarmless(name, inModel: true, inFile: true, omni, swin) });
        }

        foreach (var (name, stored) in choice.Tensors.Where(t => !model.ContainsKey(t.Key)))
        {
            var entry = new LoadReportEntry(name, stored.Shape, null);
            if (skipped.Contains(name)) left.Add(entry);
            else unexpected.Add(entry with { HarmlessBecause = HarmlessNames.WhyHarmless(name, inModel: false, inFile: true, omni, swin) });
        }

        unexpected.AddRange(choice.LeftOut.Select(t => new LoadReportEntry(
            t.Key, t.Value.Shape, null, $"it lies beside '{choice.Prefix}', which is taken off the names of the model's weights")));
        return new LoadReport(reader.Path, reader.Format, choice.NestedKey, choice.Prefix)
        {
            Remark = choice.Remark,
            Loaded = loaded,
            Resized = resized,
            Renamed = names.ToDictionary(n => n.Value, n => n.Key, StringComparer.Ordinal),
            Missing = missing,
            Unexpected = unexpected,
            Mismatched = mismatched,
            Skipped = left,
        };
    }

    private static void Check(LoadReport report, Dictionary<string, Tensor> model, bool strict, Func<string> hint, bool canResize)
    {
        var place = report.NestedKey.Length == 0 ? null : $"key '{report.NestedKey}'";
        // What is recomputed fits many a model of another family, and is no weight.
        var skipped = report.Skipped.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        var wanted = model.Keys.Count(n => !skipped.Contains(n) && !HarmlessNames.IsRecomputed(n));
        var fitting = report.Loaded.Concat(report.Resized).Count(e => !HarmlessNames.IsRecomputed(e.Name));
        // A tenth is no tolerance: a file of another family shares a few names by chance, one of the same family nearly all.
        if (fitting == 0 || fitting * 10 < wanted)
        {
            var holds = hint();
            throw new CheckpointException(report.Path, place,
                $"fits {fitting} of the model's {wanted} tensors: it holds weights of another model, or under another key; "
                    + $"{(holds.Length > 0 ? holds + "; " : "")}{Differences(report)}",
                "Compare the architecture and the key with the listing of the file.");
        }

        if (strict && !report.IsComplete)
        {
            var holds = hint();
            throw new CheckpointException(report.Path, place, $"does not fit the model: "
                + $"{(holds.Length > 0 ? holds + "; " : "")}{Differences(report)}",
                canResize
                    ? "Build that model, or pass strict: false to interpolate the tables to the model's window and load what fits."
                    : "Build that model, pass strict: false to load what fits, or skip these names.");
        }
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
            if (harmful.Count > 0)
                parts.Add($"{what} {harmful.Count}: {string.Join(", ", harmful.Take(3))}{(harmful.Count > 3 ? ", …" : "")}");
        }
    }

    private static void Copy(string path, List<Move> work, bool isChecked)
    {
        // What can still turn out to be damaged is read before the first tensor is touched.
        var others = work.Where(w => !w.IsInPlace).ToList();
        using var assembler = new TensorAssembler(path);
        assembler.ReadStorages(others.Select(w => w.Stored));
        foreach (var move in others) RequireFinite(path, move.Name, assembler.Assemble(move.Stored));
        Debug.Assert(work.TrueForAll(w => w.Target.numel() == w.Stored.Count), "Targets have as many elements as the file.");
        var inPlace = work.Where(w => w.IsInPlace).Select(w => (Move: w, Address: AddressOf(w.Target))).ToList();
        Debug.Assert(
            inPlace.TrueForAll(w => w.Move.Target.element_size() * w.Move.Target.numel() == w.Move.Bytes.Length),
            "Each target has room for its bytes.");
        ParallelReading.ForEach(inPlace, w => w.Move.Stored.ByteCount, w => Read(w.Move, w.Address, isChecked));
        using var noGrad = no_grad();
        foreach (var move in others) move.Target.copy_(assembler.Assemble(move.Stored));
    }

    private static Tensor Resize(string path, IWeightLayouts layouts, Move move)
    {
        using var noGrad = no_grad();
        using var assembler = new TensorAssembler(path);
        var stored = assembler.Assemble(move.Stored);
        RequireFinite(path, move.Name, stored);
        return layouts.Resize(move.Name, stored, move.Target.shape);
    }

    private static void Replace(Tensor target, Tensor resized)
    {
        using var noGrad = no_grad();
        target.copy_(resized);
    }

    private static void RequireFinite(string path, string name, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>())
            throw FiniteNumbers.Refusal(path, $"tensor '{name}'");
    }

    private static unsafe nint AddressOf(Tensor tensor) => (nint)TensorMemory.AddressOf(tensor);

    private static unsafe void Read(Move move, nint address, bool isChecked) =>
        move.Bytes.CopyTo((byte*)address, isChecked ? null : move.Type);

    /// <summary>One tensor on its way from a file into a model.</summary>
    private sealed class Move(string name, StoredTensor stored, Tensor target)
    {
        public string Name => name;

        public StoredTensor Stored => stored;

        public Tensor Target => target;

        public ScalarType Type { get; } = target.dtype;

        public bool IsInPlace { get; } =
            stored.IsContiguous && !stored.Storage.Bytes!.Deflated && stored.Element.Widening == Widening.None
            && stored.Element.Scalar == target.dtype && TensorMemory.IsDense(target);

        /// <summary>Whether it is all of its storage, whose checksum is compared when it is read then.</summary>
        public bool IsWhole => stored.Storage.Bytes is { IsJoined: false } bytes && stored.ByteCount == bytes.Length;

        /// <summary>The same each time: it knows what has been compared.</summary>
        public StorageBytes Bytes => field ??=
            stored.Storage.Bytes!.Part(stored.Offset * stored.Element.Size, stored.ByteCount, $"tensor '{name}'");
    }
}
