using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Tests.Inference;

public sealed class DescriptionCodecTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("7")]
    [InlineData("0")]
    [InlineData("Unlabeled")]
    [InlineData("MultiLabel, Binary")]
    public void A_task_that_is_no_name_is_refused(string task)
    {
        using var weight = ones(1);
        var path = _folder.PathOf("a.pth");
        PyTorchFile.Save(path, new OrderedDictionary<string, object?>
        {
            ["state_dict"] = new OrderedDictionary<string, object?> { ["weight"] = weight },
            ["ark"] = new OrderedDictionary<string, object?>
            {
                ["format"] = DescribedCheckpoint.FormatVersion,
                ["model"] = new OrderedDictionary<string, object?>
                {
                    ["architecture"] = "swin_tiny_patch4_window7_224",
                    ["img_size"] = 224L,
                    ["use_mlp"] = true,
                    ["projector_features"] = 8L,
                    ["normalization"] = "imagenet",
                    ["heads"] = new List<object?>
                    {
                        new OrderedDictionary<string, object?>
                        {
                            ["name"] = "A",
                            ["task"] = task,
                            ["labels"] = new List<object?> { "x" },
                        },
                    },
                },
            },
        });
        var error = Assert.Throws<ArkInputException>(() => DescribedCheckpoint.ReadDescription(path));
        Assert.Contains($"the unknown task '{task}'", error.Message, StringComparison.Ordinal);
    }
}
