using System.Text.Unicode;
using CsvHelper;

namespace Ark.Data;

/// <summary>
/// Reads a CSV with a header, row by row, with columns by name. What separates is found by the reader; the file may
/// be packed (gzip). Strict: quotes that open a field must close, every row has as many fields as the header. Rows without a word, as
/// spreadsheets leave them, are passed over.
/// </summary>
internal sealed class CsvTable : IDisposable
{
    private const int MaxColumns = 4096;
    private const int MaxRecordLength = 1 << 20;

    private readonly string _path;
    private readonly CsvReader _reader;
    private CsvMalformedRecord? _malformed;
    private string[] _header = [];
    private string[] _fields = [];

    private CsvTable(string path)
    {
        _path = path;
        _reader = CsvReader.Create(InputFile.OpenText(path, "list"), new CsvReaderOptions
        {
            // The header is read as a row, so that its errors and its line are those of every other row.
            HasHeader = false,
            TrimWhitespace = true,
            TrimInsideQuotes = true,
            MaxRecordSize = MaxRecordLength,
            TrackLineNumbers = true,
            // Labels repeat: millions of rows need not have millions of texts.
            PoolStrings = true,
            // Told of rather than thrown: inches are written 14" in fields without quotes around them.
            OnMalformedRecord = record => _malformed ??= record,
        });
    }

    /// <summary>The line where the current row starts, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Header => _header;

    /// <summary>A field of the current row, without blanks around it.</summary>
    /// <param name="column">Its column.</param>
    public string this[int column] => _fields[column];

    /// <summary>Opens a table and reads its header.</summary>
    /// <param name="path">The CSV.</param>
    /// <returns>The table, owned by the caller, before its first row.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, or has no header.</exception>
    public static CsvTable Open(string path)
    {
        var table = new CsvTable(path);
        try
        {
            if (!table.TryNext(out table._header))
                throw new ArkInputException(path, null, "the list is empty", "It needs a header line and a row per image.");
            return table;
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a column of a name.</summary>
    /// <param name="name">The name; case matters only where two columns differ by nothing else.</param>
    /// <returns>Whether there is one.</returns>
    public bool Has(string name) => Find(name) >= 0;

    /// <summary>Finds a column.</summary>
    /// <param name="name">The name; case matters only where two columns differ by nothing else.</param>
    /// <returns>Its index.</returns>
    /// <exception cref="ArkInputException">There is none, or it is not clear which.</exception>
    public int Column(string name)
    {
        var column = Find(name);
        if (column >= 0) return column;
        throw new ArkInputException(
            _path,
            "line 1",
            $"the header has {(column == -1 ? "no" : "more than one")} column '{name}'",
            NameSuggestion.For(name, _header, Columns));
    }

    /// <summary>Finds the first of several columns.</summary>
    /// <param name="names">The names in order of preference.</param>
    /// <param name="hint">What to do where there is none.</param>
    /// <returns>Its index.</returns>
    /// <exception cref="ArkInputException">There is none of them.</exception>
    public int AnyColumn(IReadOnlyList<string> names, string hint)
    {
        var name = names.FirstOrDefault(Has);
        return name is not null
            ? Column(name)
            : throw new ArkInputException(
                _path,
                "line 1",
                $"the header has no image column ({string.Join(", ", names)})",
                $"{NameSuggestion.For(names[0], _header, Columns)} {hint}");
    }

    /// <summary>Reads the next row.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="ArkInputException">What follows is no CSV; nothing more can be read.</exception>
    public bool Read()
    {
        do
        {
            if (!TryNext(out _fields)) return false;
        }
        while (Array.TrueForAll(_fields, f => f.Length == 0));

        return true;
    }

    /// <summary>Checks that the current row has a field for every column, and nothing beside them.</summary>
    /// <exception cref="ArkInputException">It has not; the next row can still be read.</exception>
    public void CheckRow()
    {
        // NIH ends its rows with a comma, and in one edition its header not.
        if (_fields.Length < _header.Length || _fields.AsSpan(_header.Length).ContainsAnyExcept(""))
            throw new ArkInputException(
                _path, $"line {Line}", $"the row has {_fields.Length} fields, expected {_header.Length} as in the header");
    }

    /// <summary>The error for a field of the current row.</summary>
    /// <param name="column">Its column.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="hint">What to do about it.</param>
    /// <returns>The exception to throw.</returns>
    public ArkInputException Error(int column, string problem, string hint) =>
        new(_path, $"line {Line}, column '{_header[column]}'", problem, hint);

    /// <summary>The error for the current row as a whole.</summary>
    /// <param name="problem">What is wrong.</param>
    /// <param name="hint">What to do about it.</param>
    /// <returns>The exception to throw.</returns>
    public ArkInputException Error(string problem, string hint) => new(_path, $"line {Line}", problem, hint);

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private string Columns => $"Its columns, separated by {(_reader.Separator switch
    {
        ';' => "semicolons",
        '\t' => "tabs",
        '|' => "bars",
        _ => "commas",
    })}, are";

    private bool TryNext(out string[] fields)
    {
        var before = _fields;
        fields = [];
        try
        {
            _malformed = null;
            if (!_reader.Read()) return false;
        }
        catch (CsvFormatException e)
        {
            throw new ArkInputException(
                _path, $"line {Math.Max(Line, e.LineNumber)}", $"is no valid CSV: {e.Message.TrimEnd('.')}", "Check the quotes.", e);
        }

        Line = _reader.LineNumber;
        if (_malformed is { Reason: not CsvMalformedReason.StrayQuote } malformed)
            throw new ArkInputException(
                _path, $"line {Line}", $"is no valid CSV: {Words(malformed.Reason)}", "Check the quotes.");
        if (_reader.FieldCount > MaxColumns)
            throw new ArkInputException(_path, $"line {Line}", $"the row has too many columns ({_reader.FieldCount}, limit {MaxColumns})");
        if (!Utf8.IsValid(_reader.RawRecord))
            throw new ArkInputException(_path, $"line {Line}", "is not valid UTF-8", "Save the list with the encoding UTF-8.");
        // Those of the row before are not asked for any more.
        fields = before.Length == _reader.FieldCount ? before : new string[_reader.FieldCount];
        for (var i = 0; i < fields.Length; i++) fields[i] = _reader.GetString(i);
        return true;
    }

    private static string Words(CsvMalformedReason reason) => reason switch
    {
        CsvMalformedReason.UnterminatedQuote => "a quote is not closed",
        CsvMalformedReason.TextAfterClosingQuote => "text follows a closing quote",
        _ => "the quotes of a field are malformed",
    };

    // The index; -1 where there is none, -2 where there are several.
    private int Find(string name)
    {
        foreach (var comparison in new[] { StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase })
        {
            var found = Enumerable.Range(0, _header.Length).Where(i => _header[i].Equals(name, comparison)).Take(2).ToList();
            if (found.Count > 0) return found.Count == 1 ? found[0] : -2;
        }

        return -1;
    }
}
