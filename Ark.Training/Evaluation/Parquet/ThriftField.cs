namespace Ark.Evaluation;

/// <summary>What a field of a known structure must be: its type, and for structures and lists what is inside.</summary>
/// <param name="Type">The type on the wire; of a list, its elements'.</param>
/// <param name="IsList">Whether it is a list of these.</param>
/// <param name="Struct">The name of the structure; <see langword="null"/> for plain values.</param>
internal sealed record ThriftField(ThriftType Type, bool IsList, string? Struct);
