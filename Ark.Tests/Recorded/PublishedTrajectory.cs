using System.Text.Json;
using Ark.Evaluation;
using Ark.Models;
using Ark.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Recorded;

/// <summary>Replays a recorded run of the original engine on the recorded data, from the recorded initial weights.</summary>
internal sealed class PublishedTrajectory : IDisposable
{
    private readonly JsonElement _record;
    private readonly Dictionary<string, Tensor> _data;
    private readonly string _folder;
    private readonly int _batchSize;
    private readonly int _testBatchSize;
    private readonly string[] _names;

    public PublishedTrajectory(string run)
    {
        _folder = Fixture.PathOf("04_training", run);
        _record = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "trajectory.json"))).RootElement;
        _data = Safetensors.Load(Fixture.PathOf("04_training", _record.GetProperty("data_file").GetString()!));
        _batchSize = _record.GetProperty("batch_size").GetInt32();
        _testBatchSize = _record.GetProperty("test_batch_size").GetInt32();
        var sets = _record.GetProperty("datasets").EnumerateArray().ToArray();
        _names = [.. sets.Select(d => d.GetProperty("name").GetString()!)];
        Tasks = [.. sets.Select(d => d.GetProperty("task_type").GetString() switch
        {
            "multi-label classification" => LabelTask.MultiLabel,
            "multi-class classification" => LabelTask.MultiClass,
            _ => LabelTask.Binary,
        })];
        Accrual = new KnowledgeAccrual(
            Network("student_init_file", sets),
            Network("teacher_init_file", sets),
            [.. Tasks.Select((t, i) => new TaskHead(t, i))],
            Settings());
    }

    public KnowledgeAccrual Accrual { get; }

    public LabelTask[] Tasks { get; }

    /// <summary>The largest relative deviation of any recorded loss.</summary>
    public double LossDeviation { get; private set; }

    /// <summary>The largest absolute deviation of any recorded momentum.</summary>
    public double MomentumDeviation { get; private set; }

    /// <summary>The largest absolute deviation of any recorded consistency weight.</summary>
    public double ConsistencyDeviation { get; private set; }

    /// <summary>The largest absolute deviation of any recorded learning rate.</summary>
    public double RateDeviation { get; private set; }

    /// <summary>The largest absolute deviation of any recorded test probability.</summary>
    public double PredictionDeviation { get; private set; }

    public void Replay()
    {
        var iterations = new Queue<JsonElement>(_record.GetProperty("iterations").EnumerateArray());
        var events = new Queue<JsonElement>(_record.GetProperty("epochs").EnumerateArray());
        var predictions = Safetensors.Load(Path.Combine(_folder, "test_predictions.safetensors"));
        var epochs = _record.GetProperty("options").GetProperty("pretrain_epochs").GetInt32();
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            for (var d = 0; d < _names.Length; d++) TrainPass(d, iterations);
            var losses = Enumerable.Range(0, _names.Length).Select(d => Validate(d, events.Dequeue())).ToArray();
            var step = events.Dequeue();
            Accrual.EndEpoch(epoch + 1, losses.Average());
            RateDeviation = Larger(RateDeviation, step.GetProperty("lr_after"), Accrual.Optimizer.LearningRate);
            for (var d = 0; d < _names.Length; d++) Test(epoch, d, predictions);
        }

        Assert.Empty(iterations);
        Assert.Empty(events);
    }

    /// <summary>The largest absolute deviation of a final network, with or without the key part of the qkv biases.</summary>
    public double FinalDeviation(ArkModel network, string file, bool withKeyBias)
    {
        var recorded = Safetensors.Load(Path.Combine(_folder, file));
        using var noGradient = no_grad();
        var largest = 0.0;
        foreach (var (name, parameter) in network.named_parameters())
        {
            var difference = (parameter - recorded[name]).abs();
            if (!withKeyBias && name.EndsWith("attn.qkv.bias", StringComparison.Ordinal))
            {
                var channels = difference.shape[0] / 3;
                difference = cat([difference[..(int)channels], difference[(int)(2 * channels)..]]);
            }

            largest = Math.Max(largest, difference.max().ToDouble());
        }

        return largest;
    }

    public void Dispose()
    {
        Accrual.Dispose();
        Accrual.Student.Dispose();
        Accrual.Teacher.Dispose();
    }

    private void TrainPass(int dataset, Queue<JsonElement> iterations)
    {
        var name = _names[dataset];
        var targets = _data[$"{name}.train.targets"];
        for (long start = 0; start < targets.shape[0]; start += _batchSize)
        {
            using var scope = NewDisposeScope();
            var record = iterations.Dequeue();
            Assert.Equal(name, record.GetProperty("dataset").GetString());
            ConsistencyDeviation = Larger(ConsistencyDeviation, record.GetProperty("coef"), Accrual.ConsistencyWeight);
            RateDeviation = Larger(RateDeviation, record.GetProperty("lr"), Accrual.Optimizer.LearningRate);
            Assert.Equal(record.GetProperty("teacher_in_train_mode").GetBoolean(), Accrual.Teacher.training);
            Tensor Slice(string key) => _data[$"{name}.train.{key}"].narrow(0, start, Math.Min(_batchSize, targets.shape[0] - start));
            var losses = Accrual.Step(dataset, Slice("student"), Slice("teacher"), Slice("targets"), anyMissing: false);
            SeeLoss(record.GetProperty("loss_cls").GetDouble(), losses[0]);
            SeeLoss(record.GetProperty("loss_mse").GetDouble(), losses[1]);
            SeeLoss(record.GetProperty("loss_total").GetDouble(), losses[2]);
            var last = start + _batchSize >= targets.shape[0];
            if (last) Accrual.EndPass();
            if (record.TryGetProperty("ema", out var ema))
                MomentumDeviation = Larger(MomentumDeviation, ema.GetProperty("momentum"), Accrual.LastMomentum);
        }
    }

    private double Validate(int dataset, JsonElement record)
    {
        var (loss, _) = Read(Accrual.Student, dataset, "val", _batchSize);
        SeeLoss(record.GetProperty("val_loss").GetDouble(), loss);
        return loss;
    }

    private void Test(int epoch, int dataset, Dictionary<string, Tensor> recorded)
    {
        foreach (var (role, network) in ((string, ArkModel)[])[("student", Accrual.Student), ("teacher", Accrual.Teacher)])
        {
            using var scope = NewDisposeScope();
            var (_, probabilities) = Read(network, dataset, "test", _testBatchSize);
            var expected = recorded[$"epoch{epoch}.{_names[dataset]}.{role}.p_test"];
            PredictionDeviation = Math.Max(
                PredictionDeviation, (tensor(probabilities.ToArray()).reshape(expected.shape) - expected).abs().max().ToDouble());
        }
    }

    private (double Loss, List<float> Probabilities) Read(ArkModel network, int dataset, string split, int batchSize)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        network.eval();
        var (images, targets) = (_data[$"{_names[dataset]}.{split}.images"], _data[$"{_names[dataset]}.{split}.targets"]);
        var probabilities = new List<float>();
        var sum = 0.0;
        for (long start = 0; start < targets.shape[0]; start += batchSize)
        {
            var count = Math.Min(batchSize, targets.shape[0] - start);
            var logits = network.forward(images.narrow(0, start, count), dataset).Logits;
            sum += count * TaskLoss.Compute(logits, targets.narrow(0, start, count), Accrual.IsExclusive(dataset), anyMissing: false)
                .ToDouble();
            probabilities.AddRange((Tasks[dataset] == LabelTask.MultiClass ? logits.softmax(1) : logits.sigmoid()).data<float>().ToArray());
        }

        return (sum / targets.shape[0], probabilities);
    }

    private static double Larger(double deviation, JsonElement recorded, double value) =>
        Math.Max(deviation, Math.Abs(recorded.GetDouble() - value));

    private void SeeLoss(double recorded, double value) =>
        LossDeviation = Math.Max(LossDeviation, Math.Abs(recorded - value) / Math.Max(Math.Abs(recorded), 1e-6));

    private ArkModel Network(string file, JsonElement[] sets)
    {
        var backbone = _record.GetProperty("backbone");
        int[] Numbers(string key) => [.. backbone.GetProperty(key).EnumerateArray().Select(e => e.GetInt32())];
        var network = new ArkModel(new ArkModelConfiguration
        {
            Backbone = new SwinConfiguration
            {
                ImageHeight = backbone.GetProperty("img_size").GetInt32(),
                ImageWidth = backbone.GetProperty("img_size").GetInt32(),
                PatchSize = backbone.GetProperty("patch_size").GetInt32(),
                WindowSize = backbone.GetProperty("window_size").GetInt32(),
                EmbedDim = backbone.GetProperty("embed_dim").GetInt32(),
                Depths = Numbers("depths"),
                NumHeads = Numbers("num_heads"),
                NumClasses = backbone.GetProperty("num_classes").GetInt32(),
                DropPathRate = backbone.GetProperty("drop_path_rate").GetDouble(),
            },
            Projector = _record.GetProperty("use_mlp").GetBoolean() ? ProjectorKind.Mlp : ProjectorKind.Linear,
            ProjectorFeatures = _record.GetProperty("projector_features").GetInt32(),
            Heads = [.. sets.Select(d => new ArkHead(d.GetProperty("name").GetString()!, d.GetProperty("classes").GetInt32()))],
        });
        var weights = Safetensors.Load(Fixture.PathOf("04_training", _record.GetProperty(file).GetString()!));
        using var noGradient = no_grad();
        foreach (var (name, parameter) in network.named_parameters()) parameter.copy_(weights[name]);
        return network;
    }

    private AccrualSettings Settings()
    {
        var options = _record.GetProperty("options");
        double Real(string key) => options.GetProperty(key).GetDouble();
        var iteration = options.GetProperty("ema_mode").GetString() == "iteration";
        var settings = new AccrualSettings
        {
            Recipe = _record.GetProperty("code").GetString()!.StartsWith("Ark+", StringComparison.Ordinal)
                ? TrainingRecipe.ArkPlus
                : TrainingRecipe.Ark,
            EmaMode = iteration ? EmaMode.Iteration : EmaMode.Epoch,
            Epochs = options.GetProperty("pretrain_epochs").GetInt32(),
            MovesPerEpoch = iteration
                ? _names.Sum(n => (int)((_data[$"{n}.train.targets"].shape[0] + _batchSize - 1) / _batchSize))
                : _names.Length,
            TeacherMomentum = Real("momentum_teacher"),
            Optimizer = new OptimizerSettings
            {
                Kind = Enum.Parse<OptimizerKind>(options.GetProperty("opt").GetString()!, ignoreCase: true),
                Momentum = Real("momentum"),
                WeightDecay = Real("weight_decay"),
            },
            LearningRate = new LearningRateSchedule(
                Real("lr"),
                Real("min_lr"),
                Real("warmup_lr"),
                options.GetProperty("warmup_epochs").GetInt32(),
                options.GetProperty("epochs").GetInt32()),
        };
        return settings.With(Fidelity.Published) with
        {
            FillGradientsWithZeros = _record.GetProperty("zero_grad").GetString()!.StartsWith("zero-fill", StringComparison.Ordinal)
        };
    }
}
