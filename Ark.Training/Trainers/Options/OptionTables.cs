using System.Globalization;

namespace Ark.Training;

/// <summary>The options of the trainings as text: what all share is written once.</summary>
internal static class OptionTables
{
    /// <summary>What is said of a file of weights where there is to be none.</summary>
    public const string NoWeights = "random";

    /// <summary>The published name of the file, where <c>init</c> names what it holds.</summary>
    public const string PretrainedWeights = "pretrained-weights";

    /// <summary>The published name of the epochs, beside which <c>epochs</c> is the length of the schedule.</summary>
    public const string PretrainEpochs = "pretrain-epochs";

    /// <summary>The published switch of the patience.</summary>
    public const string EarlyStop = "early-stop";

    // The published scripts write it in capitals.
    private const string Gpu = "GPU";

    private const string Unused = "The published code does not use it either.";

    /// <summary>Pretraining.</summary>
    public static OptionTable<TrainingOptions> Training { get; } = CreateTraining();

    /// <summary>Fine-tuning.</summary>
    public static OptionTable<FineTuningOptions> FineTuning { get; } = CreateFineTuning();

    /// <summary>Segmentation.</summary>
    public static OptionTable<SegmentationOptions> Segmentation { get; } = CreateSegmentation();

    private static OptionTable<TrainingOptions> CreateTraining()
    {
        var table = new OptionTable<TrainingOptions>("training");
        table.Add("recipe", o => o.Recipe, "the publication to follow; simmim needs no labels and makes a backbone to start from");
        table.Add("fidelity", o => o.Fidelity, "mend or repeat the slips of the published code");
        AddShared(table, "weights to start from, or a trained model to go on from (student, teacher and heads)",
            "; with --fidelity published without effect, as there");
        table.Add("use-mlp", o => o.UseMlpProjector, "projector with a hidden layer (true) or linear (false)");
        table.Add("projector-features", o => o.ProjectorFeatures, "width of the projector; 0 for none");
        table.Add("task-order", o => o.TaskOrder,
            "how datasets share an epoch: in turn, in turn in a drawn order, all in every step, in turn on one merged head");
        table.Add("ema-mode", o => o.EmaMode, "when the teacher moves");
        table.Add("momentum-teacher", o => o.TeacherMomentum, "the teacher's momentum at the start");
        table.Add("consistency", o => o.ConsistencyScale, "factor of the consistency weight; 0 trains without the teacher");
        table.Add(Other<TrainingOptions, int>(PretrainEpochs, "N", nameof(TrainingOptions.Epochs),
            "the published name of --epochs, which beside it is the length of the learning-rate schedule", (o, n) => o.Epochs = n));
        table.Add("accumulate", o => o.GradientAccumulationSteps, "compute a step's batch in N parts, whose gradients add up");
        table.Add("checkpoint-activations", o => o.GradientCheckpointing,
            "compute activations again for the gradients, in place of keeping them");
        table.Add("schedule-epochs", o => o.ScheduleEpochs, "length of the learning-rate schedule");
        table.Add("test-epoch", o => o.EvaluationInterval, "test and keep a checkpoint every N epochs");
        AddTestAugment(table, o => o.TestTimeCrops, (o, crops) => o.TestTimeCrops = crops);
        table.Add(new OptionRow<TrainingOptions>
        {
            Name = "val-loss-metric",
            ValueName = "average|DATASET",
            Help = "the validation loss that chooses the best checkpoint",
            Property = nameof(TrainingOptions.SelectionDataset),
            IsRecorded = true,
            TryApply = (o, text) =>
            {
                o.SelectionDataset = text == "average" ? null : text;
                return text.Length > 0;
            },
            Format = o => o.SelectionDataset ?? "average",
        });
        table.Add("smallest-crop", o => o.MinCropScale, "smallest random crop as a share of the area");
        table.Add("mask-ratio", o => o.MaskRatio, "the share of an image that recipe simmim hides");
        table.Add("mask-patch", o => o.MaskPatchSize,
            "side of the squares that recipe simmim hides, in pixels (default: 32, or that of the last stage's tokens in small images)");
        table.Add("pixel-baseline", o => o.PixelBaseline, "also fit logistic regression on pixels, for comparison");
        table.Add(Other<TrainingOptions, ulong>(
            Gpu.ToLowerInvariant(), "N", nameof(TrainingOptions.Device), "the published name of --device cuda:N; one GPU",
            (o, n) => o.Device = $"cuda:{n.ToString(CultureInfo.InvariantCulture)}", Gpu));
        table.Free(nameof(TrainingOptions.PixelBaseline), nameof(TrainingOptions.EvaluationInterval),
            nameof(TrainingOptions.TestTimeCrops));
        table.AddFixed("img-depth", "3", "Images have three channels.");
        table.AddFixed("mode", "train", "Test a checkpoint with 'ark evaluate'.");
        table.AddFixed("activate", "Sigmoid", Unused);
        table.AddFixed("lr-noise", "None", "The rate has no noise.");
        table.AddIgnored("from-checkpoint", "A file with student and teacher is recognised by its content.");
        table.AddIgnored("anno-percent", Unused + " Set 'annotation_percent' in the catalogue.");
        table.AddIgnored("patience-epochs", Unused);
        table.AddIgnored(EarlyStop, Unused);
        table.AddIgnored("trial", Unused);
        table.AddIgnored("img-resize", "The picture before the crop is 8/7 of the input, as 256 is of 224.");
        AddIgnored(table);
        return table;
    }

    private static OptionTable<FineTuningOptions> CreateFineTuning()
    {
        var table = new OptionTable<FineTuningOptions>("fine-tuning");
        AddShared(table, "weights to start from");
        table.Add("freeze", o => o.FreezeEncoder, "only the new head learns");
        table.Add("layer-decay", o => o.LayerDecay, "a layer's rate as a share of that of the layer above");
        table.Add("mixup", o => o.MixUp, "parameter of mix-up; 0 for none");
        table.Add("smallest-crop", o => o.MinCropScale, "smallest random crop as a share of the area");
        table.Add("trials", o => o.Trials, "trials with different seeds, counted from --seed", aliases: ["trial"]);
        AddTestAugment(table, o => o.TestTimeCrops, (o, crops) => o.TestTimeCrops = crops);
        table.Add(new OptionRow<FineTuningOptions>
        {
            Name = EarlyStop,
            ValueName = OptionValue.NameOf(typeof(bool)),
            Help = "whether trials end early; false is --patience 0",
            Property = nameof(FineTuningOptions.Patience),
            TryApply = (o, text) =>
            {
                if (OptionValue.ParseBoolean(text) is not { } stops) return false;
                if (!stops) o.Patience = 0;
                return true;
            },
            Format = o => OptionValue.Write(o.Patience > 0),
        });
        table.AddFixed("mode", "train", "Test a checkpoint with 'ark evaluate'.");
        table.AddIgnored(Gpu.ToLowerInvariant(), "Say --device cuda:N.", Gpu);
        table.AddIgnored("img-depth", "Images have three channels.");
        table.AddIgnored("exp-name", "Name the folder with --out.");
        table.AddIgnored("activate", Unused);
        table.AddIgnored("lr-noise", "The rate has no noise.");
        AddIgnored(table);
        return table;
    }

    private static OptionTable<SegmentationOptions> CreateSegmentation()
    {
        var table = new OptionTable<SegmentationOptions>("segmentation");
        AddShared(table, "weights whose backbone is started from");
        table.Add("decoder", o => o.Decoder, "the published UPerNet, or the one for thin structures");
        table.Add("width", o => o.Width, "channels of the detailed decoder");
        table.Add("loss", o => o.Loss, "soft Dice of the whole batch, or of each structure plus cross-entropy");
        table.Add("augment", o => o.Augment, "move pictures with their masks, change brightness and contrast");
        table.Add("vary-quality", o => o.VaryQuality, "also vary sharpness and grey levels widely, for pictures of other devices");
        table.Add("vary-framing", o => o.VaryFraming, "also vary size, aspect ratio and place of the chest in the picture");
        return table;
    }

    /// <summary>The options of every training.</summary>
    private static void AddShared<T>(OptionTable<T> table, string init, string patience = "")
        where T : OptimizationOptions, new()
    {
        table.Add("arch", o => o.Architecture, "the backbone, such as swin_base_patch4_window7_224 (default: that of the weight file)",
            "NAME", aliases: ["model"]);
        table.Add("img-size", o => o.ImageSize, "side of the input in pixels", aliases: ["input-size"]);
        table.Add("init", o => o.InitialWeights, init + $"; '{NoWeights}' for none", "FILE|random",
            text => string.Equals(text, NoWeights, StringComparison.OrdinalIgnoreCase) ? null : text);
        table.Add(Other<T, string>(PretrainedWeights, "FILE", nameof(OptimizationOptions.InitialWeights),
            "the same; --init may then be the published word for what it holds", (o, path) => o.InitialWeights = path));
        table.Add("key", o => o.NestedKey, "where in the weight file the state dict is (default: the teacher, where there is one)", "KEY");
        table.Add("strip-prefix", o => o.StripPrefix,
            "what to take off the names of its tensors (default: what training frameworks put there)", "PREFIX");
        table.Add("inert", o => o.InertNames, "classes that may be in it beside the weights, and are not run", "NAME,NAME");
        table.Add("normalization", o => o.Normalization, "normalization of pixels");
        table.Add("drop-path", o => o.DropPathRate, "highest probability of stochastic depth");
        table.Add("precision", o => o.Precision, "numbers that the backbone computes in; weights are kept in fp32");
        table.Add("epochs", o => o.Epochs, "passes over the training images, at most");
        table.Add("patience", o => o.Patience,
            "epochs without a lower validation loss after which training ends; 0 for none" + patience);
        table.Add("batch-size", o => o.BatchSize, "images of a step");
        table.Add("opt", o => o.Optimizer, "optimizer: sgd is Nesterov, momentum is plain");
        table.Add("lr", o => o.LearningRate, "learning rate at the top of its schedule");
        table.Add("momentum", o => o.Momentum, "momentum of SGD");
        table.Add("weight-decay", o => o.WeightDecay, "weight decay on matrices");
        table.Add("opt-eps", o => o.Epsilon, "epsilon of AdamW");
        table.Add(Betas<T>());
        table.Add("clip-grad", o => o.ClipGradient, "largest gradient norm");
        table.Add("sched", o => o.Schedule, "how the learning rate goes down");
        table.Add("decay-epochs", o => o.DecayEpochs, "epochs between the steps of --sched step");
        table.Add("decay-rate", o => o.DecayRate, "factor of these steps, or the power of --sched poly", aliases: ["dr"]);
        table.Add("warmup-epochs", o => o.WarmupEpochs,
            "epochs of linear warm-up (default: as published, or a tenth of the epochs where that is less)");
        table.Add("warmup-lr", o => o.WarmupLearningRate, "learning rate that warm-up begins with");
        table.Add("min-lr", o => o.MinimumLearningRate, "learning rate at the end");
        table.Add("seed", o => o.Seed, "what every random number comes from");
        table.Add("workers", o => o.Workers, "threads that prepare images");
        table.Add("device", o => o.Device, "where to compute", "cpu|cuda[:i]", text => text.ToLowerInvariant());
        table.Add("bad-images", o => o.BadImages, "stop at an unreadable image, or skip and report it");
        table.Add("cache", o => o.CacheDirectory, "folder that keeps decoded, resized images for later epochs (default: none)", "DIR");
        table.Add("checkpoint-steps", o => o.CheckpointSteps, "also write the state to resume from every N steps");
        table.Add("checkpoint-minutes", o => o.CheckpointMinutes, "also write it every X minutes");
        table.Add("keep-last", o => o.MaxCheckpoints, "keep the last N such states");
        table.Add("print-freq", o => o.LogInterval, "a line of progress every N steps");
        table.Add("tensorboard", o => o.TensorBoard, "also write TensorBoard event files");
        table.Free(nameof(OptimizationOptions.Workers), nameof(OptimizationOptions.Device), nameof(OptimizationOptions.BadImages),
            nameof(OptimizationOptions.CacheDirectory), nameof(OptimizationOptions.CheckpointSteps),
            nameof(OptimizationOptions.CheckpointMinutes), nameof(OptimizationOptions.MaxCheckpoints),
            nameof(OptimizationOptions.LogInterval), nameof(OptimizationOptions.TensorBoard));
    }

    /// <summary>What neither of the published scripts uses.</summary>
    private static void AddIgnored<T>(OptionTable<T> table)
        where T : OptimizationOptions, new()
    {
        table.AddIgnored("num-class", Unused);
        table.AddIgnored("uncertain-label", Unused + " Set 'uncertain' in the catalogue.");
        table.AddIgnored("unknown-label", Unused + " Set 'missing' in the catalogue.");
        table.AddIgnored("cooldown-epochs", Unused);
        table.AddIgnored("start-index", Unused);
        table.AddIgnored("clean", Unused);
        table.AddIgnored("lr-noise-pct", Unused);
        table.AddIgnored("lr-noise-std", Unused);
    }

    private static void AddTestAugment<T>(OptionTable<T> table, Func<T, int> get, Action<T, int> set)
        where T : OptimizationOptions, new() => table.Add(new OptionRow<T>
        {
            Name = "test-augment",
            ValueName = OptionValue.NameOf(typeof(bool)),
            Help = "test with ten crops, as published, in place of one",
            Property = nameof(TrainingOptions.TestTimeCrops),
            IsRecorded = true,
            TryApply = (o, text) =>
            {
                if (OptionValue.ParseBoolean(text) is not { } augments) return false;
                set(o, augments ? 10 : 1);
                return true;
            },
            Format = o => OptionValue.Write(get(o) == 10),
        });

    private static OptionRow<T> Betas<T>()
        where T : OptimizationOptions => new()
        {
            Name = "opt-betas",
            ValueName = "B1,B2",
            Help = "betas of AdamW",
            Property = nameof(OptimizationOptions.Beta1),
            IsRecorded = true,
            TryApply = (o, text) =>
            {
                var parts = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
                if (parts.Length != 2
                    || OptionValue.ParseDouble(parts[0]) is not { } first
                    || OptionValue.ParseDouble(parts[1]) is not { } second)
                    return false;
                (o.Beta1, o.Beta2) = (first, second);
                return true;
            },
            Format = o => $"{OptionValue.Write(o.Beta1)},{OptionValue.Write(o.Beta2)}",
        };

    /// <summary>Another name of an option, which the record of a run does not have.</summary>
    private static OptionRow<T> Other<T, TValue>(
        string name, string value, string property, string help, Action<T, TValue> set, params string[] aliases)
        where T : OptimizationOptions => new()
        {
            Name = name,
            Aliases = aliases,
            ValueName = value,
            Help = help,
            Property = property,
            TryApply = (o, text) =>
            {
                if (OptionValue.Read(typeof(TValue), text) is not TValue parsed) return false;
                set(o, parsed);
                return true;
            },
        };
}
