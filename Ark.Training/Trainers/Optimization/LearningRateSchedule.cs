namespace Ark.Training;

/// <summary>
/// Linear warm-up followed by a decay: timm 0.5.4's schedulers with one cycle and no warm-up prefix, as Ark uses them.
/// </summary>
/// <param name="Rate">The rate at the top.</param>
/// <param name="MinimumRate">The rate at the end and after it; <see cref="ScheduleKind.Step"/> knows none.</param>
/// <param name="WarmupRate">The rate at time 0, where there is a warm-up.</param>
/// <param name="WarmupEpochs">Length of the warm-up, in passes over all datasets.</param>
/// <param name="Epochs">Length of the whole schedule.</param>
/// <param name="Kind">The decay.</param>
/// <param name="DecayEpochs">Epochs between the steps of <see cref="ScheduleKind.Step"/>.</param>
/// <param name="DecayRate">Their factor, or the power of <see cref="ScheduleKind.Poly"/>.</param>
internal readonly record struct LearningRateSchedule(double Rate, double MinimumRate, double WarmupRate, int WarmupEpochs, int Epochs,
    ScheduleKind Kind = ScheduleKind.Cosine, double DecayEpochs = 30, double DecayRate = 0.5)
{
    // timm's bounds of the tangent's argument.
    private const double TanhStart = -7;
    private const double TanhEnd = 3;

    /// <summary>The rate before the schedule is first asked.</summary>
    public double Initial => WarmupEpochs > 0 ? WarmupRate : Rate;

    /// <summary>The rate at a time.</summary>
    /// <param name="time">Finished passes over all datasets; the published code passes the validation loss here.</param>
    /// <returns>The rate.</returns>
    public double At(double time)
    {
        // The tangent is below its top when it takes over, and the warm-up leads to where it is then.
        if (time < WarmupEpochs)
            return WarmupRate + (time * (((Kind == ScheduleKind.Tanh ? Decayed(WarmupEpochs) : Rate) - WarmupRate) / WarmupEpochs));
        return Decayed(time);
    }

    private double Decayed(double time)
    {
        if (Kind == ScheduleKind.Step) return Rate * Math.Pow(DecayRate, Math.Floor(time / DecayEpochs));
        if (time >= Epochs) return MinimumRate;
        var gone = time / Epochs;
        return MinimumRate + ((Rate - MinimumRate) * Kind switch
        {
            ScheduleKind.Tanh => 0.5 * (1 - Math.Tanh((TanhStart * (1 - gone)) + (TanhEnd * gone))),
            ScheduleKind.Poly => Math.Pow(1 - gone, DecayRate),
            _ => 0.5 * (1 + Math.Cos(Math.PI * gone)),
        });
    }
}
