using System.Text.Json;
using Ark.Training;

namespace Ark.Tests.Training;

public class LearningRateScheduleTests
{
    [Fact]
    public void LearningRateSchedule_equals_every_table_of_timm_stepped_by_epoch_and_by_validation_loss()
    {
        var compared = 0;
        foreach (var table in Tables())
        {
            var options = table.GetProperty("options");
            double Real(string key) => options.GetProperty(key).GetDouble();
            var schedule = new LearningRateSchedule(Real("lr"), Real("min_lr"), Real("warmup_lr"), options
                .GetProperty("warmup_epochs")
                .GetInt32(), options.GetProperty("epochs").GetInt32(),
                Enum.Parse<ScheduleKind>(options.GetProperty("sched").GetString()!, ignoreCase: true), Real("decay_epochs"),
                Real("decay_rate"));
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

    private static IEnumerable<JsonElement> Tables() =>
        JsonDocument.Parse(File.ReadAllText(Fixture.PathOf("05_schedules", "lr_schedulers.json"))).RootElement
            .GetProperty("tables")
            .EnumerateArray();
}
