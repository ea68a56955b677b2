namespace Ark;

/// <summary>One name in a <see cref="LoadReport"/>.</summary>
/// <param name="Name">The tensor's name, as the model has it.</param>
/// <param name="FileShape">Its shape in the file; <see langword="null"/> where the file lacks it.</param>
/// <param name="ModelShape">Its shape in the model; <see langword="null"/> where the model lacks it.</param>
/// <param name="HarmlessBecause">Why it does not matter that this tensor was not loaded; <see langword="null"/> where it does, or where it
/// was.</param>
public sealed record LoadReportEntry(
    string Name, IReadOnlyList<long>? FileShape, IReadOnlyList<long>? ModelShape, string? HarmlessBecause = null)
{
    /// <inheritdoc/>
    public override string ToString() =>
        FileShape is null
            ? $"{Name} {Text(ModelShape)}"
            : ModelShape is null || FileShape.SequenceEqual(ModelShape) ? $"{Name} {Text(FileShape)}"
            : $"{Name} {Text(FileShape)} in the file, {Text(ModelShape)} in the model";

    private static string Text(IReadOnlyList<long>? shape) => shape is null ? "" : $"[{string.Join(", ", shape)}]";
}
