using TorchSharp;

namespace Ark.Inference;

/// <summary>A dictionary within a checkpoint, read with errors that name file and key.</summary>
internal sealed class CheckpointSection(string path, string place, PickleDictionary values)
{
    public bool ContainsKey(object key) => values.ContainsKey(key);

    public CheckpointSection GetSection(object key) => new(path, Place(key), Get<PickleDictionary>(key, "a dictionary"));

    public torch.Tensor GetTensor(object key) => Get<torch.Tensor>(key, "a tensor");

    /// <summary>A tensor that must have a shape.</summary>
    public torch.Tensor GetTensor(object key, long[] shape)
    {
        var value = GetTensor(key);
        return value.shape.AsSpan().SequenceEqual(shape)
            ? value
            : throw Error(key, $"has the shape [{string.Join(", ", value.shape)}], not [{string.Join(", ", shape)}]");
    }

    public string GetString(object key) => Get<string>(key, "a text");

    public Normalization GetNormalization(object key)
    {
        var name = GetString(key);
        return NormalizationNames.Find(name)
            ?? throw new ArkInputException(path, $"key '{Place(key)}'", $"'{name}' is unknown", NormalizationNames.Hint);
    }

    public bool GetBoolean(object key) => Get<bool>(key, "true or false");

    public int GetInt32(object key) =>
        Get<long>(key, "a whole number") is var value and >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw Error(key, "is out of range");

    public int[] GetInt32Array(object key) =>
        [.. List(key).Select(v => v is long value and >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw Error(key, "is not a list of whole numbers"))];

    public double GetDouble(object key) => Number(Get<torch.Tensor>(key, "a number")) ?? throw Error(key, "is not a number");

    public double[] GetDoubleArray(object key) =>
        [.. List(key).Select(v => v is torch.Tensor tensor && Number(tensor) is { } number
            ? number
            : throw Error(key, "is not a list of numbers"))];

    public string[] GetStringArray(object key) => [.. List(key).Select(v => v as string ?? throw Error(key, "is not a list of texts"))];

    public IEnumerable<CheckpointSection> GetSections(object key) =>
        List(key).Select((v, i) => new CheckpointSection(
            path, $"{Place(key)}[{i}]", v as PickleDictionary ?? throw Error(key, "is not a list of dictionaries")));

    // Numbers are tensors without dimensions; Python's torch.load of torch 1.13 knows no plain floats.
    private static double? Number(torch.Tensor value) =>
        value.dim() == 0 && value.dtype == torch.ScalarType.Float64 ? value.Number() : null;

    private List<object?> List(object key) => Get<List<object?>>(key, "a list");

    private T Get<T>(object key, string kind) => values.TryGetValue(key, out var value)
        ? value is T typed ? typed : throw Error(key, $"is not {kind}")
        : throw Error(key, "is missing");

    private ArkInputException Error(object key, string problem) =>
        new(path, $"key '{Place(key)}'", problem, "The file is damaged, or no checkpoint of 'IArkTrainer'.");

    private string Place(object key) => place.Length == 0 ? key.ToString()! : $"{place}.{key}";
}
