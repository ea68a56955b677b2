using System.Text.Json;
using Ark.Data;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>
/// What was recorded of the full-size model: for the image of its formula and two phantoms, and for two radiographs where they lie beside
/// the repository.
/// </summary>
internal static class FullSizeRecording
{
    private const string Formula = "formula";
    private const string Phantom = "phantom";
    private const string Real = "real";

    public static TheoryData<string> Names => [Formula, .. WithPictures];

    public static TheoryData<string> WithPictures =>
        Fixture.BesideOf("reference", "03_swin_base", "real.safetensors") is null ? [Phantom] : [Phantom, Real];

    /// <summary>The batch that went in, and what came out of it.</summary>
    public static Dictionary<string, Tensor> Tensors(string name)
    {
        var result = Safetensors.Load(PathOf(name, $"{name}.safetensors"));
        if (name != Phantom) return result;
        var batch = new float[2 * 3 * 224 * 224];
        var (decoder, transform) = (new NetVipsImageDecoder(), new EvaluationTransform(224, 224));
        foreach (var (i, picture) in Pictures(name).Index())
            transform.Apply(decoder.DecodeFile(picture), new RandomStream(0), batch.AsSpan(i * batch.Length / 2, batch.Length / 2));
        result["input"] = tensor(batch, [2, 3, 224, 224]);
        return result;
    }

    public static JsonElement Run(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(name, $"{name}_run.json")));
        return document.RootElement.Clone();
    }

    public static string[] Pictures(string name) =>
        [.. (name == Phantom
            ? (string[])["phantom_0.png", "phantom_1.png"]
            : ["real_00000183_001.png", "real_00000165_004.png"]).Select(f => PathOf(name, f))];

    private static string PathOf(string name, string file) =>
        name == Real ? Fixture.BesideOf("reference", "03_swin_base", file)! : Fixture.PathOf("03_swin_base", file);
}
