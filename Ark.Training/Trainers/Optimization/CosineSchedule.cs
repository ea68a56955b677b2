namespace Ark.Training;

/// <summary>
/// A value that moves from <paramref name="Start"/> to <paramref name="End"/> along half a cosine, after an optional linear warm-up: Ark's
/// <c>cosine_scheduler</c>, which drives the teacher's momentum and the consistency weight.
/// </summary>
/// <param name="Start">The value of the first step after warm-up.</param>
/// <param name="End">The value that the last steps approach; the last step is one short of it.</param>
/// <param name="Steps">Steps in all, warm-up included.</param>
/// <param name="WarmupSteps">Steps of linear warm-up.</param>
/// <param name="WarmupStart">The value that warm-up begins with; it ends with <paramref name="Start"/>.</param>
internal readonly record struct CosineSchedule(double Start, double End, int Steps, int WarmupSteps = 0, double WarmupStart = 0)
{
    /// <summary>The value of a step.</summary>
    /// <param name="step">0 to <see cref="Steps"/> − 1.</param>
    /// <returns>The value.</returns>
    public double this[int step]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(step);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, Steps);
            if (step < WarmupSteps)
                return WarmupSteps == 1 ? WarmupStart : WarmupStart + ((Start - WarmupStart) * step / (WarmupSteps - 1));
            var progress = (double)(step - WarmupSteps) / (Steps - WarmupSteps);
            return End + (0.5 * (Start - End) * (1 + Math.Cos(Math.PI * progress)));
        }
    }
}
