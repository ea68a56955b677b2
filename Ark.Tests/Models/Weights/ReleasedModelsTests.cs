using Ark.Models;

namespace Ark.Tests.Models;

public class ReleasedModelsTests
{
    [Fact]
    public void Ark6_is_found_by_the_shapes_of_its_checkpoint_and_names_its_heads()
    {
        var configuration = WeightRecognition.Recognize(WeightRecognitionTests.Table("ark6_swin_base_mlp1376"))!.ToConfiguration();
        Assert.Equal("ark6", ReleasedModels.Match(configuration)!.Name);
        Assert.Equal(
            ["MIMIC", "CheXpert", "ChestXray14", "RSNAPneumonia", "VinDrCXR", "Shenzhen"], configuration.Heads.Select(h => h.Name));
        Assert.Equal([14, 14, 14, 3, 6, 1], configuration.Heads.Select(h => h.Labels.Count));
        Assert.Equal(Normalization.ImageNet, configuration.Normalization);
        Assert.Equal(224, configuration.Backbone.ImageHeight);
    }

    [Fact]
    public void Mimic_has_the_order_of_its_csv_and_chexpert_that_of_its_configuration()
    {
        var heads = ReleasedModels.Get("ARK6").Configuration.Heads;
        Assert.Equal(heads[1].Labels.Names.Order(StringComparer.Ordinal), heads[0].Labels.Names);
        Assert.Equal("No Finding", heads[1].Labels.Names[0]);
        Assert.Equal(["Normal", "No Lung Opacity/Not Normal", "Lung Opacity"], heads[3].Labels.Names);
        Assert.Equal(LabelTask.MultiClass, heads[3].Labels.Task);
    }

    [Fact]
    public void Labels_are_not_guessed_for_a_model_that_differs_from_the_released_one()
    {
        // Ark+ was released with a linear projector.
        var trained = WeightRecognition.Recognize(WeightRecognitionTests.Table("arkplus_swin_large_768"))!.ToConfiguration();
        Assert.Null(ReleasedModels.Match(trained));
        Assert.All(trained.Heads, h => Assert.False(h.HasKnownLabels));
        Assert.Equal("head5", trained.Heads[5].Name);
        Assert.Equal("ark6-plus", ReleasedModels.Match(trained with { Projector = ProjectorKind.Linear })!.Name);
        Assert.Null(ReleasedModels.Match(trained with { Projector = ProjectorKind.Linear, Heads = [.. trained.Heads.Reverse()] }));
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones() =>
        Assert.Contains("ark6-plus", Assert.Throws<ArkInputException>(() => ReleasedModels.Get("ark7")).Message, StringComparison.Ordinal);
}
