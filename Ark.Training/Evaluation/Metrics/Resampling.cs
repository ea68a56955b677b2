namespace Ark.Evaluation;

/// <summary>How intervals were computed: the bootstrap, 95 %, by percentiles.</summary>
/// <param name="Replicates">How many replicates were drawn.</param>
/// <param name="Seed">What the draws came from.</param>
/// <param name="Units">How many patients, or images without a known patient, a replicate draws.</param>
/// <param name="ByPatient">Whether patients were known, so that their images were drawn together.</param>
public sealed record Resampling(int Replicates, ulong Seed, int Units, bool ByPatient);
