namespace Ark.Models;

/// <summary>A model whose weights the authors of Ark give out on request.</summary>
/// <param name="Name">A short name: <c>ark6</c>.</param>
/// <param name="FileName">The name of the authors' file.</param>
/// <param name="Configuration">Its shape; the heads with their labels in the order of their outputs.</param>
public sealed record ReleasedModel(string Name, string FileName, ArkModelConfiguration Configuration);
