using System.Runtime.InteropServices;

namespace Ark.Evaluation;

/// <summary>A 95 % interval.</summary>
/// <param name="Low">The 2.5 % quantile.</param>
/// <param name="High">The 97.5 % quantile.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ConfidenceInterval(double Low, double High);
