using Ark.Inference;
using Ark.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Ark.Tests.Inference;

public sealed class ModelFileTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public void Load_takes_the_key_and_the_prefix_that_are_named_and_says_what_it_took()
    {
        using var folder = new TemporaryFolder();
        var path = Two(folder);
        using var recognized = LoadedModel.Load(path);
        using var named = LoadedModel.Load(path, nestedKey: "model", options: new PyTorchLoadOptions { StripPrefix = "net." });
        Assert.Contains("'model_ema' are taken", recognized.Remark, StringComparison.Ordinal);
        Assert.Contains("'net.' is taken off", named.Remark, StringComparison.Ordinal);
        Assert.Equal(9f, named.Model.state_dict()["norm.weight"][0].item<float>());
        Assert.NotEqual(9f, recognized.Model.state_dict()["norm.weight"][0].item<float>());
        using var plain = LoadedModel.Load(small.Checkpoint);
        Assert.Null(plain.Remark);
    }

    [Fact]
    public void A_host_reads_the_choice_from_its_configuration_and_shares_weights_of_one_choice_alone()
    {
        using var folder = new TemporaryFolder();
        var path = Two(folder);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["a:Checkpoint"] = path,
            ["a:NestedKey"] = "model",
            ["a:StripPrefix"] = "net.",
            ["a:InertNames:0"] = "mypackage.Settings",
            ["b:Checkpoint"] = path,
        }).Build();
        var services = new ServiceCollection();
        services.AddArk().AddModel("a", configuration.GetSection("a")).AddModel("b", configuration.GetSection("b"));
        using var host = services.BuildServiceProvider();
        var (a, b) = (host.GetRequiredKeyedService<LoadedModel>("a"), host.GetRequiredKeyedService<LoadedModel>("b"));
        Assert.Equal(9f, a.Model.state_dict()["norm.weight"][0].item<float>());
        Assert.NotEqual(9f, b.Model.state_dict()["norm.weight"][0].item<float>());
    }

    [Fact]
    public void A_shard_that_has_changed_is_a_change_of_the_file()
    {
        using var folder = new TemporaryFolder();
        File.Copy(small.Checkpoint, folder.PathOf("part.safetensors"));
        var names = CheckpointFile.ReadIndex(small.Checkpoint).Tensors.Select(t => $"\"{t.Name}\": \"part.safetensors\"");
        var index = folder.Write("model.safetensors.index.json", $"{{\"weight_map\": {{{string.Join(',', names)}}}}}");
        var file = ModelFile.Open(index, ModelRole.Teacher, nestedKey: null, reading: null);
        Assert.True(file.IsUnchanged);
        File.SetLastWriteTimeUtc(folder.PathOf("part.safetensors"), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(index, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        Assert.False(file.IsUnchanged);
    }

    /// <summary>A moving average, and what it is the average of, whose last norm begins with 9.</summary>
    private string Two(TemporaryFolder folder)
    {
        using var scope = NewDisposeScope();
        var path = folder.PathOf("a.pth");
        using var other = new ArkModel(SmallModel.Configuration, new Generator(9));
        using (no_grad()) other.state_dict()["norm.weight"].fill_(9);
        PyTorchFile.Save(path, new OrderedDictionary<string, object?>
        {
            ["model"] = other.state_dict().ToDictionary(w => "net." + w.Key, w => w.Value),
            ["model_ema"] = CheckpointFile.LoadStateDict(small.Checkpoint),
        });
        return path;
    }
}
