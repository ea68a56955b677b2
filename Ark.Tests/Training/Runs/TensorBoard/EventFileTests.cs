using System.Text.Json.Nodes;
using Ark.Training;
using Tensorboard;

namespace Ark.Tests.Training;

public sealed class EventFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Scalars_are_read_back_as_tensorboard_reads_them()
    {
        var file = EventFile.Open(_folder.PathOf("events"), []);
        file.Append(Pass(1, 0.5));
        file.Append(JsonNode.Parse(
            """{"event":"evaluation","epoch":1,"dataset":"A","weights":"teacher","images":9,"mean_auroc":null,"labels":[{"name":"x","auroc":0.75,"positives":3}]}""")!.AsObject());
        var events = Events();
        Assert.Equal("brain.Event:2", events[0].FileVersion);
        Assert.Equal(["task_loss/A 1 0.5", "lr/A 1 0.1", "auroc/A/x/teacher 1 0.75"], Scalars(events));
        Assert.All(events, e => Assert.InRange(e.WallTime, 1.7e9, 1e10));
    }

    [Fact]
    public void A_run_that_goes_on_has_no_step_twice_and_keeps_the_times_of_the_others()
    {
        var file = EventFile.Open(_folder.PathOf("events"), []);
        for (var epoch = 1; epoch <= 3; epoch++) file.Append(Pass(epoch, 0.5));
        var before = Events();
        // The checkpoint is that of epoch 2, and epoch 3 comes out otherwise.
        var resumed = EventFile.Open(_folder.PathOf("events"), [Pass(1, 0.5), Pass(2, 0.5)]);
        resumed.Append(Pass(3, 0.25));
        Assert.Equal(
            ["task_loss/A 1 0.5", "lr/A 1 0.1", "task_loss/A 2 0.5", "lr/A 2 0.1", "task_loss/A 3 0.25", "lr/A 3 0.1"], Scalars(Events()));
        Assert.Equal(before.Take(5).Select(e => e.WallTime), Events().Take(5).Select(e => e.WallTime));
        Assert.Single(Directory.EnumerateFiles(_folder.PathOf("events")));
    }

    [Fact]
    public void A_record_that_a_kill_cut_off_or_a_file_that_was_removed_is_written_again()
    {
        EventFile.Open(_folder.PathOf("events"), []).Append(Pass(1, 0.5));
        var path = Directory.EnumerateFiles(_folder.PathOf("events")).Single();
        using (var stream = File.OpenWrite(path)) stream.SetLength(stream.Length - 3);
        EventFile.Open(_folder.PathOf("events"), [Pass(1, 0.5)]);
        string[] expected = ["task_loss/A 1 0.5", "lr/A 1 0.1"];
        Assert.Equal(expected, Scalars(Events()));
        File.Delete(path);
        EventFile.Open(_folder.PathOf("events"), [Pass(1, 0.5)]);
        Assert.Equal(expected, Scalars(Events()));
    }

    [Fact]
    public void Checksums_are_those_of_the_format()
    {
        using var stream = new MemoryStream();
        EventRecords.Write(stream, "abc"u8);
        Assert.Equal(
            "0300000000000000" + Masked("0300000000000000") + "616263" + Masked("616263"), Convert.ToHexStringLower(stream.ToArray()));
    }

    // CRC-32C bit by bit, as its polynomial says.
    private static string Masked(string hex)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var b in Convert.FromHexString(hex))
        {
            crc ^= b;
            for (var i = 0; i < 8; i++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        }

        crc = ~crc;
        return Convert.ToHexStringLower(BitConverter.GetBytes(((crc >> 15) | (crc << 17)) + 0xA282EAD8u));
    }

    private static JsonObject Pass(int epoch, double loss) =>
        new() { ["event"] = "pass", ["epoch"] = epoch, ["dataset"] = "A", ["images"] = 9, ["task_loss"] = loss, ["lr"] = 0.1 };

    private List<Event> Events()
    {
        using var stream = File.OpenRead(Directory.EnumerateFiles(_folder.PathOf("events")).Single());
        var events = new List<Event>();
        while (EventRecords.Read(stream) is { } record) events.Add(Event.Parser.ParseFrom(record));
        Assert.Equal(stream.Length, stream.Position);
        return events;
    }

    private static IEnumerable<string> Scalars(IEnumerable<Event> events) => events.Where(e => e.Summary is not null)
        .Select(e => FormattableString.Invariant($"{e.Summary.Value[0].Tag} {e.Step} {e.Summary.Value[0].SimpleValue}"));
}
