using System.Globalization;

namespace Ark.Data;

/// <summary>One split while it is checked.</summary>
internal sealed class SplitReading(DatasetSplit split, string list)
{
    private const int EnoughToJudge = 20;
    private const int ShownFindings = 20;
    private const double FlatDeviation = 6;

    private readonly List<CheckProblem> _problems = [];
    private readonly List<CheckProblem> _warnings = [];
    private int _badRows;
    private int _missing;
    private int _unreadable;
    private int _duplicates;
    private int _decoded;

    public DatasetSplit Split => split;

    public string List => list;

    public IReadOnlyList<ImageSample> Samples { get; private set; } = [];

    /// <summary>What is known of each decoded sample; <see langword="null"/> where it could not be read.</summary>
    public PictureStatistics?[] Pictures { get; private set; } = [];

    /// <summary>The words of a column of findings that are no label, most frequent first.</summary>
    public IReadOnlyList<FindingCount> UnknownFindings { get; private set; } = [];

    /// <summary>Samples that have the same bytes as one of another split.</summary>
    public int SharedImages { get; set; }

    public void AddProblem(ImageSample sample, string message) => _problems.Add(Problem(sample, message));

    public void AddWarning(string message) => _warnings.Add(new CheckProblem(list, null, message));

    /// <summary>Reads the list to its end.</summary>
    public void Read(IDatasetAdapter adapter, CancellationToken cancellationToken)
    {
        var notes = new ReadingNotes();
        try
        {
            Samples = adapter is ICheckableAdapter whole
                ? whole.ReadAll(split, notes, RowProblem, cancellationToken)
                : adapter.ReadAsync(split, cancellationToken).AsTask().GetAwaiter().GetResult();
        }
        catch (ArkInputException e)
        {
            _problems.Add(Problem(e));
        }

        UnknownFindings = [.. notes.UnknownFindings.OrderByDescending(f => f.Value).ThenBy(f => f.Key, StringComparer.Ordinal)
            .Select(f => new FindingCount(f.Key, f.Value))];
        if (UnknownFindings.Count > 0)
            AddWarning($"{UnknownFindings.Count} finding(s) are no label and count for nothing: "
                + $"{string.Join(", ", UnknownFindings.Take(ShownFindings).Select(f => $"'{f.Name}' {f.Rows}"))}"
                + $"{(UnknownFindings.Count > ShownFindings ? ", …" : "")}. If one means a label, say so: "
                + "'settings: {values: {FINDING: LABEL}}'");
        if (notes.PassedOver.Count > 0) AddWarning(ImageFolder.PassedOver(notes.PassedOver));
        if (notes.Unlabeled > 0)
            AddWarning($"{notes.Unlabeled} image(s) are left out: the table of labels has no row for them");
    }

    /// <summary>Decodes the images, several at once.</summary>
    public void Decode(IImageDecoder decoder, DatasetCheckOptions options, Action<int, int>? progress, CancellationToken cancellationToken)
    {
        _decoded = Math.Min(Samples.Count, options.Limit ?? int.MaxValue);
        Pictures = new PictureStatistics?[_decoded];
        var failures = new string?[_decoded];
        var done = 0;
        Parallel.For(0, _decoded, new ParallelOptions
        {
            MaxDegreeOfParallelism = options.Workers,
            CancellationToken = cancellationToken,
        }, i =>
        {
            try
            {
                var hashing = new HashingDecoder(decoder);
                var image = Samples[i].Image.Load(hashing);
                Pictures[i] = PictureStatistics.Of(image, hashing.HashOf(image));
            }
            catch (ArkInputException e)
            {
                failures[i] = e.Message;
            }

            progress?.Invoke(Interlocked.Increment(ref done), _decoded);
        });
        for (var i = 0; i < _decoded; i++)
        {
            if (failures[i] is not { } message) continue;
            _unreadable++;
            AddProblem(Samples[i], message);
        }

        FindDuplicates();
        JudgePictures();
    }

    /// <summary>Everything that was found.</summary>
    public SplitCheck Report(LabelSchema labels)
    {
        var known = Pictures.OfType<PictureStatistics>().ToList();
        double pixels = known.Sum(p => p.Pixels), sum = known.Sum(p => p.Sum), squares = known.Sum(p => p.Squares);
        var counts = labels.Names.Select((name, k) => Count(name, k)).ToList();
        foreach (var label in counts.Where(c => Samples.Count > 0 && (c.Positives == 0 || c.Negatives == 0)))
            AddWarning($"the label '{label.Name}' has {label.Positives} positives and {label.Negatives} negatives, so nothing can be "
                + $"measured on it here");
        return new SplitCheck
        {
            Split = split,
            Images = Samples.Count + _badRows,
            Missing = _missing,
            Decoded = _decoded,
            Unreadable = _unreadable,
            Duplicates = _duplicates,
            SharedImages = SharedImages,
            Patients = Samples.Any(s => s.PatientId is not null)
                ? Samples.Select(s => s.PatientId).OfType<string>().Distinct(StringComparer.Ordinal).Count()
                : null,
            Labels = counts,
            UnknownFindings = UnknownFindings,
            Mean = pixels > 0 ? sum / pixels : null,
            Deviation = pixels > 0 ? Math.Sqrt(Math.Max(0, (squares / pixels) - (sum / pixels * (sum / pixels)))) : null,
            Problems = _problems,
            Warnings = _warnings,
        };
    }

    private void RowProblem(ArkInputException e)
    {
        _badRows++;
        if (ImagePath.IsMissing(e)) _missing++;
        _problems.Add(Problem(e));
    }

    private void FindDuplicates()
    {
        var first = new Dictionary<UInt128, int>();
        for (var i = 0; i < Pictures.Length; i++)
        {
            if (Pictures[i] is not { } picture || first.TryAdd(picture.Hash, i)) continue;
            _duplicates++;
            var earlier = Samples[first[picture.Hash]];
            if (!Samples[i].Targets.AsSpan().SequenceEqual(earlier.Targets))
                AddProblem(Samples[i], $"the image has the same bytes as {Where(earlier)}, and other labels");
            else _warnings.Add(Problem(Samples[i], $"the image has the same bytes as {Where(earlier)}"));
        }
    }

    private void JudgePictures()
    {
        var known = Pictures.OfType<PictureStatistics>().ToList();
        if (known.Count < EnoughToJudge) return;
        var inverted = known.Count(p => !p.IsBrightInTheMiddle) / (double)known.Count;
        if (inverted > 0.75)
            AddWarning(string.Create(CultureInfo.InvariantCulture, $"the images look inverted: in {inverted:P0} of them the middle is "
                + $"darker than the lungs; radiographs for Ark show bone white"));
        var flat = known.Count(p => p.Deviation < FlatDeviation || p.Levels <= 8) / (double)known.Count;
        if (flat > 0.75)
            AddWarning(string.Create(CultureInfo.InvariantCulture, $"the images look as if they were normalised already, or of more bits "
                + $"than their files say: {flat:P0} of them have hardly any contrast"));
    }

    private LabelCount Count(string name, int k)
    {
        int positives = 0, negatives = 0, missing = 0;
        foreach (var sample in Samples)
        {
            if (float.IsNaN(sample.Targets[k])) missing++;
            else if (sample.Targets[k] > 0.5f) positives++;
            else negatives++;
        }

        return new LabelCount(name, positives, negatives, missing);
    }

    private static CheckProblem Problem(ImageSample sample, string message) =>
        new(sample.Place?.File ?? sample.Image.Name, sample.Place?.Line, message);

    // The exception's place is "line 12, column 'x'" where a list is wrong.
    private CheckProblem Problem(ArkInputException e)
    {
        var line = e.InputSource == list && e.Place is { } place && place.StartsWith("line ", StringComparison.Ordinal)
            && long.TryParse(
                place["line ".Length..].Split(',')[0],
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number) ? number : (long?)null;
        return new CheckProblem(e.InputSource, line, e.Message);
    }

    private static string Where(ImageSample sample) => sample.Place is { } place ? $"line {place.Line} of {place.File}" : sample.Image.Name;
}
