namespace Ark;

/// <summary>A tensor in a file, without its elements.</summary>
/// <param name="Name">Its path in the file, with dots: <c>state_dict.norm.weight</c>.</param>
/// <param name="DataType">PyTorch's name of its element type in the file: <c>float32</c>.</param>
/// <param name="Shape">Its sizes; empty for a scalar.</param>
/// <param name="Bytes">Bytes of its elements.</param>
public sealed record TensorInfo(string Name, string DataType, IReadOnlyList<long> Shape, long Bytes);
