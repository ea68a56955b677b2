using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Tensorboard;

namespace Ark.Training;

/// <summary>
/// The TensorBoard event file of a run. It says what <c>metrics.jsonl</c> says: a run that goes on keeps those of its records that agree
/// with the metrics that were kept, cuts the rest off and adds what is missing, so no step is there twice.
/// </summary>
internal sealed class EventFile
{
    private const string Prefix = "events.out.tfevents.";
    private readonly string _path;
    private readonly TimeProvider _time;

    private EventFile(string path, TimeProvider time)
    {
        _path = path;
        _time = time;
    }

    /// <summary>Opens the event file of a folder, or begins one, and brings it to the state of the metrics.</summary>
    /// <param name="folder">The folder; made where it is missing.</param>
    /// <param name="metrics">The lines of the metrics so far.</param>
    /// <param name="time">What time it is.</param>
    /// <returns>The file, for <see cref="Append"/>.</returns>
    public static EventFile Open(string folder, IEnumerable<JsonObject> metrics, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        Directory.CreateDirectory(folder);
        var path = Directory.EnumerateFiles(folder, Prefix + "*").Order(StringComparer.Ordinal).FirstOrDefault()
            ?? Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{time.GetUtcNow().ToUnixTimeSeconds():D10}.ark"));
        var file = new EventFile(path, time);
        using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var wanted = new[] { new Event { FileVersion = "brain.Event:2" } }.Concat(metrics.SelectMany(file.Events)).ToList();
        var kept = 0;
        long end = 0;
        while (kept < wanted.Count && EventRecords.Read(stream) is { } record && IsSame(record, wanted[kept]))
        {
            kept++;
            end = stream.Position;
        }

        stream.SetLength(end);
        stream.Position = end;
        foreach (var missing in wanted.Skip(kept)) file.Write(stream, missing);
        return file;
    }

    /// <summary>Adds the scalars of a line of the metrics, and hands them to the operating system.</summary>
    public void Append(JsonObject line)
    {
        using var stream = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read);
        foreach (var scalar in Events(line)) Write(stream, scalar);
    }

    private IEnumerable<Event> Events(JsonObject line) => MetricScalars.Of(line).Select(s => new Event
    {
        Step = s.Step,
        Summary = new Summary { Value = { new Summary.Types.Value { Tag = s.Tag, SimpleValue = (float)s.Value } } },
    });

    private void Write(FileStream stream, Event scalar)
    {
        scalar.WallTime = _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        EventRecords.Write(stream, scalar.ToByteArray());
    }

    private static bool IsSame(byte[] record, Event wanted)
    {
        try
        {
            var found = Event.Parser.ParseFrom(record);
            found.WallTime = 0;
            return found.Equals(wanted);
        }
        catch (InvalidProtocolBufferException)
        {
            // Not one of our records: it is cut off with all that follows.
            return false;
        }
    }
}
