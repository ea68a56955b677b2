using System.Text.Json;
using Ark.Training;

namespace Ark.Tests.Training;

public class CosineScheduleTests
{
    [Fact]
    public void CosineSchedule_equals_every_table_of_the_original()
    {
        var compared = 0;
        foreach (var table in Tables())
        {
            var args = table.GetProperty("args");
            int Whole(string key, int otherwise) => args.TryGetProperty(key, out var value) ? value.GetInt32() : otherwise;
            double Real(string key) => args.TryGetProperty(key, out var value) ? value.GetDouble() : 0;
            var perEpoch = Whole("niter_per_ep", 0);
            var schedule = new CosineSchedule(
                Real("base_value"),
                Real("final_value"),
                Whole("epochs", 0) * perEpoch,
                Whole("warmup_epochs", 0) * perEpoch,
                Real("start_warmup_value"));
            double Expected(double momentum) =>
                table.GetProperty("name").GetString() == "arkplus_coef_from_momentum" ? (momentum - 0.9) * 5 : momentum;
            var values = table.GetProperty("values").EnumerateArray().Select(v => v.GetDouble()).ToArray();
            Assert.Equal(schedule.Steps, values.Length);
            Assert.All(values.Select((v, i) => (v, i)), p => Assert.Equal(p.v, Expected(schedule[p.i]), 1e-12));
            compared++;
        }

        Assert.Equal(8, compared);
    }

    private static IEnumerable<JsonElement> Tables() =>
        JsonDocument.Parse(File.ReadAllText(Fixture.PathOf("05_schedules", "cosine_scheduler.json"))).RootElement
            .GetProperty("tables")
            .EnumerateArray();
}
