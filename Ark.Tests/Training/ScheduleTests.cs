using System.Text.Json;
using Ark.Training;

namespace Ark.Tests.Training;

public class ScheduleTests
{
    private static IEnumerable<JsonElement> Tables(string file) =>
        JsonDocument.Parse(File.ReadAllText(Fixture.PathOf("05_schedules", file))).RootElement.GetProperty("tables").EnumerateArray();

    [Fact]
    public void CosineSchedule_equals_every_table_of_the_original()
    {
        var compared = 0;
        foreach (var table in Tables("cosine_scheduler.json"))
        {
            var args = table.GetProperty("args");
            int Whole(string key, int otherwise) => args.TryGetProperty(key, out var value) ? value.GetInt32() : otherwise;
            double Real(string key) => args.TryGetProperty(key, out var value) ? value.GetDouble() : 0;
            var perEpoch = Whole("niter_per_ep", 0);
            var schedule = new CosineSchedule(Real("base_value"), Real("final_value"), Whole("epochs", 0) * perEpoch, Whole("warmup_epochs", 0) * perEpoch, Real("start_warmup_value"));
            double Expected(double momentum) => table.GetProperty("name").GetString() == "arkplus_coef_from_momentum" ? (momentum - 0.9) * 5 : momentum;
            var values = table.GetProperty("values").EnumerateArray().Select(v => v.GetDouble()).ToArray();
            Assert.Equal(schedule.Steps, values.Length);
            Assert.All(values.Select((v, i) => (v, i)), p => Assert.Equal(p.v, Expected(schedule[p.i]), 1e-12));
            compared++;
        }

        Assert.Equal(8, compared);
    }

    [Fact]
    public void LearningRateSchedule_equals_every_table_of_timm_stepped_by_epoch_and_by_validation_loss()
    {
        var compared = 0;
        foreach (var table in Tables("lr_schedulers.json"))
        {
            var options = table.GetProperty("options");
            double Real(string key) => options.GetProperty(key).GetDouble();
            var schedule = new LearningRateSchedule(Real("lr"), Real("min_lr"), Real("warmup_lr"), options.GetProperty("warmup_epochs").GetInt32(), options.GetProperty("epochs").GetInt32(),
                Enum.Parse<ScheduleKind>(options.GetProperty("sched").GetString()!, ignoreCase: true), Real("decay_epochs"), Real("decay_rate"));
            Assert.Equal(table.GetProperty("lr_before_any_step").GetDouble(), schedule.Initial, 1e-12);
            var byEpoch = table.GetProperty("lr_after_step_of_epoch").EnumerateArray().Select(v => v.GetDouble()).ToArray();
            Assert.All(byEpoch.Select((v, i) => (v, i)), p => Assert.Equal(p.v, schedule.At(p.i), 1e-12));
            var run = table.GetProperty("as_run");
            var pairs = run.GetProperty("step_arguments").EnumerateArray().Zip(run.GetProperty("lr_after").EnumerateArray());
            Assert.All(pairs, p => Assert.Equal(p.Second.GetDouble(), schedule.At(p.First.GetDouble()), 1e-12));
            compared++;
        }

        Assert.Equal(6, compared);
    }
}
