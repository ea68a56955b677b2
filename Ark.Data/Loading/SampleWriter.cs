namespace Ark.Data;

/// <summary>Reads a sample and writes it where its batch wants it. Called from several threads at once.</summary>
/// <param name="index">The sample.</param>
/// <param name="image">Receives its pixels; every value is written.</param>
/// <param name="targets">Receives its targets; likewise.</param>
/// <exception cref="ArkInputException">It cannot be read.</exception>
internal delegate void SampleWriter(int index, Span<float> image, Span<float> targets);
