using Ark.Data;
using Ark.Evaluation;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ark.Tests.EndToEnd;

/// <summary>
/// Work that is cancelled in each of its phases ends there. Where a phase is, the number of pictures read tells, and how soon it ended, the
/// number of those read after.
/// </summary>
public class CancelledPhaseTests(PhantomFixture phantom) : IClassFixture<PhantomFixture>
{
    // What a thread may have begun, and the batches that wait in front of the network.
    private const int Ahead = 6;

    [Theory]
    [InlineData("training")]
    [InlineData("validation")]
    [InlineData("test")]
    [InlineData("baseline")]
    public async Task Pretraining_ends_in_the_phase_in_which_it_is_cancelled_and_keeps_its_state(string phase)
    {
        var run = phantom.Run(
            "cancelled-" + phase, o => (o.Epochs, o.BatchSize, o.Workers, o.PixelBaseline) = (1, 1, 1, true), ["PhantomFindings"]);
        var data = (await PreparedDataset.ReadAsync(run.Datasets, TestContext.Current.CancellationToken))[0];
        var (train, validation, test) = (data.Train.Count, data.Validation.Count, data.Test.Count);
        var at = phase switch
        {
            "training" => train / 2,
            "validation" => train + (validation / 2),
            "test" => train + validation + (test / 2),
            _ => train + validation + (2 * test) + (train / 2),
        };
        Assert.True(
            Math.Min(train / 2, (validation / 2) + (2 * test)) > 2 * Ahead && 3 * test / 2 > Ahead, "the phases are too short to tell");
        using var decoder = new CancellingDecoder(at);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ArkTrainer(
            decoder, Options.Create(new TrainingOptions())).TrainAsync(run, cancellationToken: decoder.Token));
        Assert.InRange(decoder.After, 0, Ahead);
        Assert.True(File.Exists(new RunFiles(run.Directory!).Checkpoint()));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(20)]
    public async Task Fine_tuning_ends_in_the_phase_in_which_it_is_cancelled(int at)
    {
        // 12 pictures to train on, 6 to validate, 6 to test.
        using var small = new SmallModel();
        using var folder = new TemporaryFolder();
        using var decoder = new CancellingDecoder(at);
        await using var services = new ServiceCollection().AddArk().AddTraining().Services.BuildServiceProvider();
        var dataset = services.GetRequiredService<ArkDatasets>().Create(DatasetCatalogue.Load(small.Catalogue(folder)).Get("noise"));
        var options = new FineTuningOptions
        {
            InitialWeights = small.Checkpoint,
            Epochs = 1,
            BatchSize = 1,
            Trials = 20,
            Workers = 1,
            TestTimeCrops = 1,
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new FineTuner(decoder).FineTuneAsync(
            new FineTuningRun { Dataset = dataset, Options = options, Directory = folder.PathOf("tuned") },
            cancellationToken: decoder.Token));
        Assert.InRange(decoder.After, 0, 4);
    }

    [Fact]
    public void A_fit_ends_where_it_is_cancelled()
    {
        using var features = TorchSharp.torch.zeros(4, 2);
        using var targets = TorchSharp.torch.zeros(4, 1);
        Assert.ThrowsAny<OperationCanceledException>(() => LogisticRegression.Fit(
            new LabelSchema(LabelTask.Binary, ["Odd"]), features, targets, 1, cancellationToken: new CancellationToken(canceled: true)));
    }

    /// <summary>Cancels at a picture, and counts those that are read after it.</summary>
    private sealed class CancellingDecoder(int at) : IImageDecoder, IDisposable
    {
        private readonly NetVipsImageDecoder _inner = new();
        private readonly CancellationTokenSource _source = new();
        private int _read;

        public CancellationToken Token => _source.Token;

        public int After => Math.Max(0, Volatile.Read(ref _read) - at);

        public RasterImage Decode(ReadOnlyMemory<byte> encoded, string name)
        {
            Count();
            return _inner.Decode(encoded, name);
        }

        public RasterImage DecodeFile(string path)
        {
            Count();
            return _inner.DecodeFile(path);
        }

        public void Dispose() => _source.Dispose();

        private void Count()
        {
            if (Interlocked.Increment(ref _read) == at) _source.Cancel();
        }
    }
}
