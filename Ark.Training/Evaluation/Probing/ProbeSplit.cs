namespace Ark.Evaluation;

/// <summary>The images of one split that every source of features has, and what is true of them.</summary>
/// <param name="Samples">The images.</param>
/// <param name="Names">Their names.</param>
internal sealed record ProbeSplit(IReadOnlyList<ImageSample> Samples, IReadOnlyList<string> Names)
{
    /// <summary>The targets <c>[N, K]</c>, row by row.</summary>
    public float[] Targets => [.. Samples.SelectMany(s => s.Targets)];

    public IReadOnlyList<string?>? Patients => Samples.Any(s => s.PatientId is not null) ? [.. Samples.Select(s => s.PatientId)] : null;
}
