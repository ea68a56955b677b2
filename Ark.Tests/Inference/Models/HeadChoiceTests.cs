using Ark.Inference;
using Ark.Models;

namespace Ark.Tests.Inference;

public class HeadChoiceTests
{
    private static readonly LabelSchema Findings = new(LabelTask.MultiLabel, ["x", "y", "z"]);

    [Fact]
    public void A_head_is_found_by_name_or_by_labels_and_its_outputs_in_the_order_of_the_dataset()
    {
        using var folder = new TemporaryFolder();
        using var model = Load(
            folder,
            new ArkHead("CheXray", new LabelSchema(LabelTask.MultiLabel, ["z", "x", "y"])),
            new ArkHead("Other", new LabelSchema(LabelTask.Binary, ["TB"])));
        Assert.Equal((0, "1,2,0"), Found(model.HeadOf("CheXray", Findings)));
        Assert.Equal((0, "1,2,0"), Found(model.HeadOf("chexray", Findings)));
        Assert.Equal((0, "1,2,0"), Found(model.HeadOf("my-hospital", Findings)));
        Assert.Equal((1, ""), Found(model.HeadOf("tuberculosis", new LabelSchema(LabelTask.Binary, ["TB"]))));
        Assert.Contains(
            "other labels", Assert.Throws<ArkInputException>(() => model.HeadOf("Other", Findings)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "CheXray (3), Other (1)",
            Assert.Throws<ArkInputException>(() => model.HeadOf("third", new LabelSchema(LabelTask.Binary, ["COVID"]))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Two_heads_with_the_same_labels_are_told_apart_by_name_alone()
    {
        using var folder = new TemporaryFolder();
        using var model = Load(folder, new ArkHead("MIMIC", Findings), new ArkHead("CheXpert", Findings));
        Assert.Equal((1, ""), Found(model.HeadOf("CheXpert", Findings)));
        Assert.Contains(
            "several", Assert.Throws<ArkInputException>(() => model.HeadOf("hospital", Findings)).Message, StringComparison.Ordinal);
    }

    private static (int Index, string Order) Found(HeadChoice choice) => (choice.Index, string.Join(',', choice.Order ?? []));

    private static LoadedModel Load(TemporaryFolder folder, params ArkHead[] heads)
    {
        var configuration = new ArkModelConfiguration
        {
            Backbone = new SwinConfiguration
            {
                ImageHeight = 32,
                ImageWidth = 32,
                WindowSize = 4,
                EmbedDim = 12,
                Depths = [2, 2],
                NumHeads = [1, 2],
                NumClasses = 0,
            },
            ProjectorFeatures = 8,
            Heads = heads,
        };
        using var model = ArkModel.Allocate(configuration);
        model.save_safetensors(
            folder.PathOf("a.safetensors"),
            new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(configuration) });
        return LoadedModel.Load(folder.PathOf("a.safetensors"));
    }
}
