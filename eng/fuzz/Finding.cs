namespace Ark.Fuzz;

/// <summary>An input that did what no input may.</summary>
/// <param name="Kind">crash, slow, hang, allocation, memory or killed.</param>
/// <param name="Signature">What tells it from others.</param>
/// <param name="Detail">The whole story, for whoever mends it.</param>
internal sealed record Finding(string Kind, string Signature, string Detail);
