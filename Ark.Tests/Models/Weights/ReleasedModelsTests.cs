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
    public void Without_masks_the_image_size_is_that_of_the_released_model_with_this_backbone_and_projector()
    {
        var shapes = WeightRecognitionTests.WithoutMasks(WeightRecognitionTests.Table("arkplus_swin_large_768"));
        foreach (var name in shapes.Keys.Where(n => n.StartsWith("projector.", StringComparison.Ordinal)).ToList()) shapes.Remove(name);
        shapes["projector.weight"] = [1376, 1536];
        shapes["projector.bias"] = [1376];
        var released = WeightRecognition.Recognize(shapes)!;
        Assert.False(released.IsSizeKnown);
        var configuration = released.ToConfiguration();
        Assert.Equal(
            ("swin_large_patch4_window12_768", 768, "MIMIC"),
            (configuration.Backbone.Name, configuration.Backbone.ImageHeight, configuration.Heads[0].Name));

        // With other heads too, but what these are nobody knows.
        shapes["omni_heads.5.weight"] = [2, 1376];
        var other = WeightRecognition.Recognize(shapes)!;
        Assert.Equal(768, other.ToConfiguration().Backbone.ImageHeight);
        Assert.False(other.ToConfiguration().Heads[0].HasKnownLabels);
        var told = other.ToConfiguration("a.pth", 384);
        Assert.Equal(("swin_large_patch4_window12_384", 384), (told.Backbone.Name, told.Backbone.ImageHeight));
        Assert.Throws<ArkInputException>(() => other.ToConfiguration("a.pth", 500));
    }

    [Fact]
    public void A_size_that_the_file_tells_is_not_overruled()
    {
        var shapes = WeightRecognitionTests.Table("ark6_swin_base_mlp1376");
        var error = Assert.Throws<ArkInputException>(() => WeightRecognition.Recognize(shapes)!.ToConfiguration("a.pth", 448));
        Assert.Contains("224 pixels, not 448", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ark5_is_the_five_datasets_without_mimic_behind_a_linear_projector()
    {
        var ark6 = ReleasedModels.Get("ark6").Configuration;
        var five = ark6 with
        {
            Projector = ProjectorKind.Linear,
            Heads = [.. ark6.Heads.Skip(1).Select((h, i) => new ArkHead($"head{i}", h.Outputs))],
        };
        var released = ReleasedModels.Match(five)!;
        Assert.Equal(("ark5", "ark5_teacher_ep200_swinb_projector1376.pth.tar"), (released.Name, released.FileName));
        Assert.Equal(
            ["CheXpert", "ChestXray14", "RSNAPneumonia", "VinDrCXR", "Shenzhen"], released.Configuration.Heads.Select(h => h.Name));
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones() =>
        Assert.Contains("ark6-plus", Assert.Throws<ArkInputException>(() => ReleasedModels.Get("ark7")).Message, StringComparison.Ordinal);
}
