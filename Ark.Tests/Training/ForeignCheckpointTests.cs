using Ark.Inference;
using Ark.Models;
using Ark.Tests.Checkpoints;

namespace Ark.Tests.Training;

public class ForeignCheckpointTests
{
    private static readonly LabelSchema Findings = new(LabelTask.MultiLabel, ["x", "y", "z"]);

    [Fact]
    public void A_checkpoint_of_the_original_is_loaded_as_teacher_or_student()
    {
        var path = Fixture.PathOf("04_training", "ark_sgd_epoch", "checkpoint_epoch0.pth.tar");
        using var teacher = LoadedModel.Load(path);
        using var student = LoadedModel.Load(path, ModelRole.Student);
        Assert.Equal((32, true, 32, Normalization.ImageNet), (teacher.Description.ImageSize, teacher.Description.UseMlpProjector, teacher.Description.ProjectorFeatures, teacher.Description.Normalization));
        Assert.Equal([14, 3, 1], teacher.Description.Heads.Select(h => h.Labels.Count));
        Assert.False(teacher.Model.training);
        Assert.NotEqual(RecordedTree.BytesOf(teacher.Model.state_dict()["norm.weight"]), RecordedTree.BytesOf(student.Model.state_dict()["norm.weight"]));
    }

    [Fact]
    public void A_file_of_one_network_has_no_student()
    {
        var path = Fixture.PathOf("02_ark_tiny", "mlp", "teacher_only.pth.tar");
        using var model = LoadedModel.Load(path);
        Assert.Contains("no student", Assert.Throws<ArkInputException>(() => LoadedModel.Load(path, ModelRole.Student)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_is_found_by_name_or_by_labels_and_its_outputs_in_the_order_of_the_dataset()
    {
        using var folder = new TemporaryFolder();
        using var model = Load(folder, new ArkHead("CheXray", new LabelSchema(LabelTask.MultiLabel, ["z", "x", "y"])), new ArkHead("Other", new LabelSchema(LabelTask.Binary, ["TB"])));
        Assert.Equal((0, "1,2,0"), Found(model.HeadOf("CheXray", Findings)));
        Assert.Equal((0, "1,2,0"), Found(model.HeadOf("chexray", Findings)));
        Assert.Equal((0, "1,2,0"), Found(model.HeadOf("my-hospital", Findings)));
        Assert.Equal((1, ""), Found(model.HeadOf("tuberculosis", new LabelSchema(LabelTask.Binary, ["TB"]))));
        Assert.Contains("other labels", Assert.Throws<ArkInputException>(() => model.HeadOf("Other", Findings)).Message, StringComparison.Ordinal);
        Assert.Contains("CheXray (3), Other (1)", Assert.Throws<ArkInputException>(() => model.HeadOf("third", new LabelSchema(LabelTask.Binary, ["COVID"]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_heads_with_the_same_labels_are_told_apart_by_name_alone()
    {
        using var folder = new TemporaryFolder();
        using var model = Load(folder, new ArkHead("MIMIC", Findings), new ArkHead("CheXpert", Findings));
        Assert.Equal((1, ""), Found(model.HeadOf("CheXpert", Findings)));
        Assert.Contains("several", Assert.Throws<ArkInputException>(() => model.HeadOf("hospital", Findings)).Message, StringComparison.Ordinal);
    }

    private static (int Index, string Order) Found(HeadChoice choice) => (choice.Index, string.Join(',', choice.Order ?? []));

    private static LoadedModel Load(TemporaryFolder folder, params ArkHead[] heads)
    {
        var configuration = new ArkModelConfiguration
        {
            Backbone = new SwinConfiguration { ImageHeight = 32, ImageWidth = 32, WindowSize = 4, EmbedDim = 12, Depths = [2, 2], NumHeads = [1, 2], NumClasses = 0 },
            ProjectorFeatures = 8,
            Heads = heads,
        };
        using var model = ArkModel.Allocate(configuration);
        model.save_safetensors(folder.PathOf("a.safetensors"), new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(configuration) });
        return LoadedModel.Load(folder.PathOf("a.safetensors"));
    }
}
