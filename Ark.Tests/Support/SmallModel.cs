using Ark.Inference;
using Ark.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>A network with random weights in a file, three heads of three kinds, and radiographs that are noise.</summary>
public sealed class SmallModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmallModel()
    {
        using var model = new ArkModel(Configuration, new Generator(3));
        Safetensors.Save(
            Checkpoint,
            model.state_dict(),
            new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(Configuration) });
        Directory.CreateDirectory(Images);
        for (var i = 0; i < 24; i++) File.WriteAllBytes(Path.Combine(Images, $"{i:D2}.png"), Png(i));
    }

    internal static ArkModelConfiguration Configuration { get; } = new()
    {
        Backbone = SwinVariants.Get("swin_mini").WithImageSize(32, 32),
        ProjectorFeatures = 24,
        Heads =
        [
            new ArkHead("Findings", new LabelSchema(LabelTask.MultiLabel, ["Effusion", "Edema", "Mass"])),
            new ArkHead("Triage", new LabelSchema(LabelTask.MultiClass, ["Normal", "Other", "Pleural Effusion"])),
            new ArkHead("View", new LabelSchema(LabelTask.Binary, ["AP"])),
        ],
    };

    public string Checkpoint => _folder.PathOf("model.safetensors");

    public string Images => _folder.PathOf("images");

    public string PathOf(string name) => _folder.PathOf(name);

    /// <summary>Writes a catalogue of the pictures with an odd-or-even label: 12 to train on, 6 and 6.</summary>
    internal string Catalogue(TemporaryFolder folder)
    {
        void List(string name, int first, int count) =>
            File.WriteAllLines(folder.PathOf(name), Enumerable.Range(first, count).Select(i => $"{i:D2}.png {i % 2}"));
        List("train.txt", 0, 12);
        List("val.txt", 12, 6);
        List("test.txt", 18, 6);
        return folder.Write("noise.yaml", $"noise:\n  data_dir: {Images}\n  train_list: train.txt\n  val_list: val.txt\n  test_list: "
            + $"test.txt\n  diseases: [Odd]\n  task_type: binary classification\n");
    }

    internal static byte[] Png(int seed) => TestPng.Write8(40, 36, TestPng.Grey, TestPng.Noise(40 * 36, (ulong)seed + 1));

    internal static DataContent Content(int seed) => new(Png(seed), "image/png") { Name = $"image {seed}" };

    internal ServiceProvider Host(Action<ArkModelOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddArk().AddTraining().AddModel("small", o =>
        {
            o.Checkpoint = Checkpoint;
            configure?.Invoke(o);
        });
        return services.BuildServiceProvider();
    }

    public void Dispose() => _folder.Dispose();
}
