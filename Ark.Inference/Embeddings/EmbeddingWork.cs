using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Ark.Inference;

/// <summary>
/// The folder in which embeddings grow: the job, raw rows, and a journal with a line per image that has been dealt with. Rows reach the
/// disk before their lines, so that a line is a promise; whatever lies beyond the last whole promise is cut off when the work goes on.
/// </summary>
internal sealed class EmbeddingWork : IDisposable
{
    private readonly string _target;
    private readonly string _folder;
    private readonly FileStream _rows;
    private readonly FileStream _journal;
    private readonly List<byte[]> _lines = [];
    private readonly List<string> _names = [];
    private readonly List<KeyValuePair<string, string>> _bad = [];
    private bool _isUnwritable;

    private EmbeddingWork(string target, string folder, EmbeddingJob job)
    {
        _target = target;
        _folder = folder;
        Job = job;
        using var unfinished = new Unfinished();
        _rows = unfinished.Keep(new FileStream(RowsPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 20));
        _journal = new FileStream(
            Path.Combine(folder, "journal.jsonl"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        unfinished.Finish();
    }

    public EmbeddingJob Job { get; }

    public string RowsPath => Path.Combine(_folder, "rows.f32");

    /// <summary>Images dealt with, from the start of the input.</summary>
    public int Done => _names.Count + _bad.Count;

    public int Rows => _names.Count;

    public IReadOnlyList<string> Names => _names;

    public IReadOnlyList<KeyValuePair<string, string>> Bad => _bad;

    private long RowBytes =>
        Job.Shape.Split('x').Aggregate(4L, (size, side) => size * long.Parse(side, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Opens the work for a target: new, or what an interrupted run of the same job has left.</summary>
    /// <exception cref="ArkInputException">The folder cannot be used, or belongs to another job.</exception>
    public static EmbeddingWork Open(string target, EmbeddingJob job)
    {
        var full = Path.GetFullPath(target);
        var folder = full + ".partial";
        if (Directory.Exists(full)) throw new ArkInputException(target, null, "is a folder", "Name a file ('path').");
        try
        {
            Directory.CreateDirectory(folder);
            CheckJob(target, Path.Combine(folder, "job.json"), job);
            var work = new EmbeddingWork(full, folder, job);
            try
            {
                work.Recover();
                return work;
            }
            catch
            {
                work.Dispose();
                throw;
            }
        }
        catch (Exception e) when (UnwritableFile.Is(e))
        {
            throw new ArkInputException(
                target,
                null,
                $"cannot be written: {UnwritableFile.Reason(e)}",
                "Choose another file ('path'), or wait for the other run.",
                e);
        }
    }

    public void Append(string name, ReadOnlySpan<float> row)
    {
        try
        {
            _rows.Write(MemoryMarshal.AsBytes(row));
        }
        catch (Exception e) when (UnwritableFile.Is(e))
        {
            throw Unwritable(e);
        }

        _names.Add(name);
        _lines.Add(JsonSerializer.SerializeToUtf8Bytes(new Line(name, null)));
    }

    public void AppendBad(string name, string reason)
    {
        _bad.Add(KeyValuePair.Create(name, reason));
        _lines.Add(JsonSerializer.SerializeToUtf8Bytes(new Line(name, reason)));
    }

    public void Flush()
    {
        try
        {
            // To the disk, not just to the system: the lines that follow promise the rows.
            _rows.Flush(flushToDisk: true);
            foreach (var line in _lines)
            {
                _journal.Write(line);
                _journal.WriteByte((byte)'\n');
            }

            _lines.Clear();
            _journal.Flush();
        }
        catch (Exception e) when (UnwritableFile.Is(e))
        {
            throw Unwritable(e);
        }
    }

    /// <summary>Writes the finished file, puts it in its place, lists the bad images beside it, and removes the folder.</summary>
    public void Finish(Action<string> write)
    {
        Flush();
        var result = Path.Combine(_folder, "result" + Path.GetExtension(_target));
        try
        {
            write(result);
            using (var written = new FileStream(result, FileMode.Open, FileAccess.ReadWrite)) written.Flush(flushToDisk: true);
            AtomicFile.Replace(result, _target);
            var list = _target + ".bad.txt";
            File.Delete(list);
            if (_bad.Count > 0) File.WriteAllLines(list, _bad.Select(b => $"{b.Key}\t{b.Value}"));
        }
        catch (Exception e) when (UnwritableFile.Is(e))
        {
            throw Unwritable(e);
        }

        Discard();
    }

    /// <summary>Removes the folder.</summary>
    public void Discard()
    {
        Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public void Dispose()
    {
        Close(_rows);
        Close(_journal);
    }

    // What could not be written is tried again here, and is told already.
    private void Close(FileStream file)
    {
        try
        {
            file.Dispose();
        }
        catch (Exception e) when (_isUnwritable && UnwritableFile.Is(e))
        {
            // The first failure says it.
        }
    }

    private ArkInputException Unwritable(Exception cause)
    {
        _isUnwritable = true;
        return new ArkInputException(
            _target, null, $"cannot be written: {UnwritableFile.Reason(cause)}", "Choose another file ('path').", cause);
    }

    private static void CheckJob(string target, string path, EmbeddingJob job)
    {
        if (!File.Exists(path))
        {
            AtomicFile.Write(path, stream => stream.Write(JsonSerializer.SerializeToUtf8Bytes(job)));
            return;
        }

        RegularFile.Require(path);
        EmbeddingJob? found = null;
        try
        {
            found = JsonSerializer.Deserialize<EmbeddingJob>(File.ReadAllText(path));
        }
        catch (JsonException)
        {
            // Somebody else's file: refused below as another job is.
        }

        if (found == job) return;
        throw new ArkInputException(
            target + ".partial",
            null,
            "holds the start of another extraction (other images, checkpoint, arithmetic or kind of embedding)",
            "Remove the folder to begin anew, or choose another file ('path').");
    }

    private void Recover()
    {
        using var reader = new StreamReader(_journal, Encoding.UTF8, leaveOpen: true);
        var text = reader.ReadToEnd();
        var rows = _rows.Length / RowBytes;
        long kept = 0;
        for (int start = 0, end; (end = text.IndexOf('\n', start)) >= 0; start = end + 1)
        {
            if (Parse(text.AsSpan(start, end - start)) is not { } line) break;
            if (line.Reason is null && _names.Count == rows) break;
            if (line.Reason is { } reason) _bad.Add(KeyValuePair.Create(line.Name, reason));
            else _names.Add(line.Name);
            kept += Encoding.UTF8.GetByteCount(text.AsSpan(start, end - start)) + 1;
        }

        _journal.SetLength(kept);
        _journal.Seek(0, SeekOrigin.End);
        _rows.SetLength(_names.Count * RowBytes);
        _rows.Seek(0, SeekOrigin.End);
    }

    // Null where the line is none of ours: the end of what is promised.
    private static Line? Parse(ReadOnlySpan<char> text)
    {
        try
        {
            return JsonSerializer.Deserialize<Line>(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Line(string Name, string? Reason);
}
