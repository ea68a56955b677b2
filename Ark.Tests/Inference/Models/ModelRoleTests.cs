using Ark.Inference;

namespace Ark.Tests.Inference;

public class ModelRoleTests
{
    [Fact]
    public void A_checkpoint_of_the_original_is_loaded_as_teacher_or_student()
    {
        var path = Fixture.PathOf("04_training", "ark_sgd_epoch", "checkpoint_epoch0.pth.tar");
        using var teacher = LoadedModel.Load(path);
        using var student = LoadedModel.Load(path, ModelRole.Student);
        Assert.Equal((32, true, 32, Normalization.ImageNet), (
            teacher.Description.ImageSize,
            teacher.Description.UseMlpProjector,
            teacher.Description.ProjectorFeatures,
            teacher.Description.Normalization));
        Assert.Equal([14, 3, 1], teacher.Description.Heads.Select(h => h.Labels.Count));
        Assert.False(teacher.Model.training);
        Assert.NotEqual(
            RecordedTree.BytesOf(teacher.Model.state_dict()["norm.weight"]),
            RecordedTree.BytesOf(student.Model.state_dict()["norm.weight"]));
    }

    [Fact]
    public void A_file_of_one_network_has_no_student()
    {
        var path = Fixture.PathOf("02_ark_tiny", "mlp", "teacher_only.pth.tar");
        using var model = LoadedModel.Load(path);
        Assert.Contains(
            "no student",
            Assert.Throws<ArkInputException>(() => LoadedModel.Load(path, ModelRole.Student)).Message,
            StringComparison.Ordinal);
    }
}
