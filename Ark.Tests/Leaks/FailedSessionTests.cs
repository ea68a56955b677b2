using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Ark.Models;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;
using static TorchSharp.torch;

namespace Ark.Tests.Leaks;

/// <summary>Trainings and loads that throw while they are made leave no tensor behind: nobody gets an object to dispose.</summary>
public sealed class FailedSessionTests(SmallModel small) : IClassFixture<SmallModel>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _services.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Pretraining_that_cannot_begin_leaves_no_tensor()
    {
        var data = await Data();
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(data, o => o.InitialWeights = small.Checkpoint));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(data, o => o.InitialWeights = OtherBackbone()));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(data, o => o.InitialWeights = "missing.pth"));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(data, o => o.DropPathRate = 2));
        // Found out by the schedules, when the networks are there.
        LiveTensors.AssertNoneLeft<Exception>(() => Session(data, o => o.BatchSize = 0));
        Assert.Equal(0, LiveTensors.LeftBy(() => Session(data).Dispose()));
        Assert.InRange(LiveTensors.LeftBy(() => Session(data)), 20, long.MaxValue);
    }

    [Fact]
    public async Task Pretraining_that_cannot_go_on_leaves_no_tensor()
    {
        var data = await Data();
        var path = _folder.PathOf("run");
        var run = new TrainingRun { Datasets = [Dataset()], Options = Options(), Directory = path };
        await _services.GetRequiredService<IArkTrainer>().TrainAsync(run, cancellationToken: Token);
        using var directory = RunDirectory.Open(path, resume: true);
        var refusal = LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(data, o => o.LearningRate *= 2, directory));
        Assert.Contains("option 'lr'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, LiveTensors.LeftBy(() => Session(data, null, directory).Dispose()));
        var whole = File.ReadAllBytes(directory.LastCheckpoint);
        File.WriteAllBytes(directory.LastCheckpoint, whole[..^3000]);
        LiveTensors.AssertNoneLeft<CheckpointException>(() => Session(data, null, directory));
        LiveTensors.AssertNoneLeft<CheckpointException>(() => LoadedModel.Load(directory.LastCheckpoint));

        // Whole, but without what training needs of it.
        using var scope = NewDisposeScope();
        File.WriteAllBytes(directory.LastCheckpoint, whole);
        var root = Assert.IsType<PickleDictionary>(PyTorchFile.Load(directory.LastCheckpoint));
        PyTorchFile.Save(directory.LastCheckpoint, Without(root, "optimizer"));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(data, null, directory));
        PyTorchFile.Save(directory.LastCheckpoint, Without(root, "teacher"));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => LoadedModel.Load(directory.LastCheckpoint));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Session(data, null, directory));
    }

    [Fact]
    public async Task Fine_tuning_that_cannot_begin_leaves_no_tensor()
    {
        var data = (await Data())[0];
        FineTuningTask Begin(string? initial, double layerDecay = 1) => new(
            new ArkModelConfiguration
            {
                Backbone = SmallModel.Configuration.Backbone,
                Projector = ProjectorKind.None,
                Heads = [new ArkHead("noise", data.Labels)],
            },
            data,
            new FineTuningOptions { InitialWeights = initial, LayerDecay = layerDecay }, 0, _services.GetRequiredService<IImageDecoder>(),
            null, new ProgressReporter(null));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Begin(OtherBackbone()));
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Begin(_folder.Write("text.pth", "no weights")));
        Assert.Equal(0, LiveTensors.LeftBy(() => Begin(small.Checkpoint, 0.9).Dispose()));
        Assert.InRange(LiveTensors.LeftBy(() => Begin(small.Checkpoint)), 20, long.MaxValue);
    }

    [Fact]
    public void Features_that_a_model_does_not_have_leave_no_tensor()
    {
        var path = _folder.PathOf("plain.safetensors");
        var configuration = SmallModel.Configuration with { Projector = ProjectorKind.None };
        using (var model = new ArkModel(configuration, new Generator(1))) Safetensors.Save(
            path,
            model.state_dict(),
            new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(configuration) });
        NetworkFeatures Features(EmbeddingKind kind) =>
            new("plain", LoadedModel.Load(path), kind, new NetVipsImageDecoder(), new ReadingOptions(), ownsModel: true);
        LiveTensors.AssertNoneLeft<ArkInputException>(() => Features(EmbeddingKind.Projected));
        Assert.Equal(0, LiveTensors.LeftBy(() => Features(EmbeddingKind.Pooled).Dispose()));
    }

    [Fact]
    public void Regression_whose_choice_of_a_penalty_ends_early_leaves_no_tensor()
    {
        var schema = new LabelSchema(LabelTask.Binary, ["x"]);
        using var train = new FeatureTable(rand(40, 3), arange(40).remainder(2).to(ScalarType.Float32).reshape(40, 1));
        using var validation = new FeatureTable(rand(10, 3), arange(10).remainder(2).to(ScalarType.Float32).reshape(10, 1));
        using var fewer = new FeatureTable(rand(10, 3), rand(9, 1));
        // The score of the first fit is refused.
        LiveTensors.AssertNoneLeft<Exception>(() => LogisticRegression.FitBest(schema, train, fewer, cancellationToken: Token));
        LiveTensors.AssertNoneLeft<OperationCanceledException>(() => LogisticRegression.FitBest(
            schema, train, validation, cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal(
            0, LiveTensors.LeftBy(() => LogisticRegression.FitBest(schema, train, validation, cancellationToken: Token).Dispose()));
    }

    [Fact]
    public void Optimizer_state_that_lacks_a_part_leaves_no_tensor_and_changes_nothing()
    {
        using var layer = nn.Linear(2, 1, hasBias: false);
        using var optimizer = new StudentOptimizer(layer, new OptimizerSettings { Kind = OptimizerKind.AdamW }, 0.1);
        using var mean = ones(1, 2);
        CheckpointSection State(params string[] parts)
        {
            var (state, values) = (new PickleDictionary(), new PickleDictionary());
            values.Add("step", 1L);
            foreach (var part in parts) values.Add(part, mean);
            state.Add(0L, values);
            return new CheckpointSection("file", "state", state);
        }

        optimizer.ImportState(State("exp_avg", "exp_avg_sq"));
        Assert.Equal(0, LiveTensors.LeftBy(() => Assert.Throws<ArkInputException>(() => optimizer.ImportState(State("exp_avg")))));
        Assert.Equal(0, LiveTensors.LeftBy(() => optimizer.ImportState(State("exp_avg", "exp_avg_sq"))));
        var kept = (OrderedDictionary<object, object?>)optimizer.ExportState()["state"]!;
        Assert.Equal(2, ((Tensor)((OrderedDictionary<string, object?>)kept[0L]!)["exp_avg"]!).numel());
    }

    [Fact]
    public void Work_on_embeddings_that_another_holds_keeps_no_file_open()
    {
        var target = _folder.PathOf("features.npz");
        var job = new EmbeddingJob("model", 1, 1, "teacher", "pooled", "4", 1, "hash", "fp32");
        EmbeddingWork.Open(target, job).Dispose();
        var partial = target + ".partial";
        using (new FileStream(
            Path.Combine(partial, "journal.jsonl"),
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.None)) Assert.Throws<ArkInputException>(() => EmbeddingWork.Open(target, job));
        new FileStream(Path.Combine(partial, "rows.f32"), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
    }

    private static OrderedDictionary<string, object?> Without(PickleDictionary root, string key) =>
        new(root.Select(e => KeyValuePair.Create(
            (string)e.Key, (string)e.Key == key ? new OrderedDictionary<string, object?>() : e.Value)));

    private string OtherBackbone()
    {
        var path = _folder.PathOf("other.safetensors");
        if (File.Exists(path)) return path;
        using var weight = zeros(7);
        Safetensors.Save(path, [KeyValuePair.Create("norm.weight", weight), KeyValuePair.Create("norm.bias", weight)]);
        return path;
    }

    private ArkDataset Dataset() =>
        _services.GetRequiredService<ArkDatasets>().Create(DatasetCatalogue.Load(small.Catalogue(_folder)).Get("noise"));

    private async Task<IReadOnlyList<PreparedDataset>> Data() => await PreparedDataset.ReadAsync([Dataset()], Token);

    private static TrainingOptions Options()
    {
        var options = TrainingOptions.ForRecipe(TrainingRecipe.ArkPlus);
        (options.Architecture, options.ImageSize, options.ProjectorFeatures, options.EmaMode) = ("swin_mini", 32, 16, EmaMode.Iteration);
        (options.Epochs, options.WarmupEpochs, options.BatchSize, options.MaxCheckpoints) = (1, 0, 6, 1);
        return options;
    }

    private RecordedRun Session(IReadOnlyList<PreparedDataset> data, Action<TrainingOptions>? change = null, RunDirectory? directory = null)
    {
        var options = Options();
        change?.Invoke(options);
        var source = new BatchSource(
            _services.GetRequiredService<IImageDecoder>(), options.BatchSize, options.Workers, options.BadImages, options.Seed);
        return RecordedRun.Of(
            new AccrualTask(options, data, source, directory, new ProgressReporter(null)), options, directory, directory is not null);
    }
}
