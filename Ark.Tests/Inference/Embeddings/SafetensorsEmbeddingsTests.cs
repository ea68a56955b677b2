using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Tests.Inference;

public sealed class SafetensorsEmbeddingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 4)]
    [InlineData(3, 0)]
    public void A_matrix_without_numbers_is_refused(long rows, long columns)
    {
        using var matrix = zeros(rows, columns);
        Assert.Contains("has no numbers", Refusal(matrix, names: null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[null,\"b\"]", "no text")]
    [InlineData("[\"\\ud800\",\"b\"]", "no JSON list of names")]
    [InlineData("[\"a\"]", "1 names for 2 rows")]
    public void Names_that_are_none_are_refused(string names, string problem)
    {
        using var matrix = ones(2, 3);
        Assert.Contains(problem, Refusal(matrix, names), StringComparison.Ordinal);
    }

    private string Refusal(Tensor matrix, string? names)
    {
        var path = _folder.PathOf("a.safetensors");
        Safetensors.Save(path, [KeyValuePair.Create("embeddings", matrix)], names is null
            ? null
            : new Dictionary<string, string>(StringComparer.Ordinal) { ["names"] = names });
        var error = Assert.Throws<ArkInputException>(() => SafetensorsEmbeddings.Read(path));
        Assert.Contains("a.safetensors", error.Message, StringComparison.Ordinal);
        return error.Message;
    }
}
