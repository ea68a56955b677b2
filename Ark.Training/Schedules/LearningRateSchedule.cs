namespace Ark.Training;

/// <summary>
/// Linear warm-up followed by half a cosine: timm 0.5.4's <c>CosineLRScheduler</c> with one cycle and no warm-up prefix, as Ark uses it.
/// </summary>
/// <param name="Rate">The rate at the top.</param>
/// <param name="MinimumRate">The rate at the end and after it.</param>
/// <param name="WarmupRate">The rate at time 0, where there is a warm-up.</param>
/// <param name="WarmupEpochs">Length of the warm-up, in passes over all datasets.</param>
/// <param name="Epochs">Length of the whole schedule.</param>
internal readonly record struct LearningRateSchedule(double Rate, double MinimumRate, double WarmupRate, int WarmupEpochs, int Epochs)
{
    /// <summary>The rate before the schedule is first asked.</summary>
    public double Initial => WarmupEpochs > 0 ? WarmupRate : Rate;

    /// <summary>The rate at a time.</summary>
    /// <param name="time">Finished passes over all datasets; the published code passes the validation loss here.</param>
    /// <returns>The rate.</returns>
    public double At(double time)
    {
        if (time < WarmupEpochs) return WarmupRate + (time * ((Rate - WarmupRate) / WarmupEpochs));
        return time >= Epochs ? MinimumRate : MinimumRate + (0.5 * (Rate - MinimumRate) * (1 + Math.Cos(Math.PI * time / Epochs)));
    }
}
