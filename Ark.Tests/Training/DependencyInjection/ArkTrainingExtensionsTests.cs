using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Inference;
using Ark.Training;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ark.Tests.Training;

/// <summary>What a host says about training, in code or in its configuration.</summary>
public class ArkTrainingExtensionsTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    [Fact]
    public async Task A_run_without_options_of_its_own_trains_as_the_host_says()
    {
        using var provider = Host(b => b.AddTraining(TrainingRecipe.ArkPlus, o =>
        {
            o.Architecture = "swin_mini";
            o.ImageSize = 32;
            o.ProjectorFeatures = 8;
            o.Epochs = 1;
            o.BatchSize = 32;
        }));
        var folder = Path.Combine(phantom.Folder, "hosted");
        var datasets = provider.GetRequiredService<ArkDatasets>();
        await provider.GetRequiredService<IArkTrainer>().TrainAsync(
            new TrainingRun
            {
                Datasets = [.. DatasetCatalogue.Load(phantom.Catalogue).Select(["PhantomView"]).Select(datasets.Create)],
                Directory = folder,
            },
            cancellationToken: TestContext.Current.CancellationToken);
        var written = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(folder, "config.json"), TestContext.Current.CancellationToken))!["options"]!;
        Assert.Equal(("ark-plus", "swin_mini", "adamw", "1", "0"), (
            (string?)written["recipe"],
            (string?)written["arch"],
            (string?)written["opt"],
            (string?)written["epochs"],
            (string?)written["warmup-epochs"]));
    }

    [Theory]
    [InlineData(TrainingRecipe.Ark, 10, 1)]
    [InlineData(TrainingRecipe.Ark, 5, 0)]
    [InlineData(TrainingRecipe.Ark, 200, 20)]
    [InlineData(TrainingRecipe.ArkPlus, 30, 3)]
    [InlineData(TrainingRecipe.ArkPlus, 200, 5)]
    public void Options_of_a_recipe_are_valid_for_any_number_of_epochs(TrainingRecipe recipe, int epochs, int warmup)
    {
        var options = TrainingOptions.ForRecipe(recipe);
        options.Epochs = epochs;
        options.Validate();
        Assert.Equal(warmup, options.Warmup);
    }

    [Fact]
    public void A_section_begins_with_the_published_values_of_its_recipe()
    {
        using var provider = Host(b => b.AddTraining(Section(("Recipe", "ArkPlus"), ("Epochs", "30"))));
        var options = provider.GetRequiredService<IOptions<TrainingOptions>>().Value;
        Assert.Equal(
            (TrainingRecipe.ArkPlus, OptimizerKind.AdamW, 5e-4, 30),
            (options.Recipe, options.Optimizer, options.LearningRate, options.Epochs));
    }

    [Theory]
    [InlineData("imagenet", Normalization.ImageNet)]
    [InlineData("chestx-ray", Normalization.ChestXray)]
    [InlineData("ChestXray", Normalization.ChestXray)]
    [InlineData("none", Normalization.None)]
    public void A_section_names_the_normalization_as_files_and_code_do(string name, Normalization expected)
    {
        using var provider = Host(b => b.AddTraining(Section(("Normalization", name))));
        Assert.Equal(expected, provider.GetRequiredService<IOptions<TrainingOptions>>().Value.Normalization);
    }

    [Theory]
    [InlineData("Epochs", "0", "Ark:Training:Epochs")]
    [InlineData("WarmupEpochs", "10", "Ark:Training:WarmupEpochs")]
    [InlineData("Normalization", "7", "Ark:Training:Normalization")]
    [InlineData("Normalization", "sepia", "Ark:Training:Normalization")]
    [InlineData("Epoches", "3", "Epoches")]
    public void Starting_fails_by_the_key_that_cannot_be_used_or_is_not_known(string key, string value, string named)
    {
        using var provider = Host(b => b.AddTraining(Section((key, value))));
        var refused = Assert.ThrowsAny<Exception>(provider.GetRequiredService<IStartupValidator>().Validate);
        Assert.Contains(named, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Starting_fails_for_a_model_or_a_segmenter_that_names_no_file()
    {
        using var model = Host(b => b.AddModel("chest", Section(("MaxBatchSize", "4"))));
        Assert.Contains(
            "Checkpoint",
            Assert.Throws<OptionsValidationException>(model.GetRequiredService<IStartupValidator>().Validate).Message,
            StringComparison.Ordinal);
        using var segmenter = Host(b => b.AddSegmenter("organs", Section(("MaxConcurrency", "2"))));
        Assert.Contains(
            "Checkpoint",
            Assert.Throws<OptionsValidationException>(segmenter.GetRequiredService<IStartupValidator>().Validate).Message,
            StringComparison.Ordinal);
    }

    private static ServiceProvider Host(Action<IArkBuilder> add)
    {
        var services = new ServiceCollection();
        add(services.AddArk());
        return services.BuildServiceProvider();
    }

    private static IConfigurationSection Section(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(v => KeyValuePair.Create("Ark:Training:" + v.Key, (string?)v.Value)))
            .Build()
            .GetSection(TrainingOptions.SectionName);
}
