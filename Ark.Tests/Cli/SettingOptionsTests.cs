using Ark.Cli;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Cli;

/// <summary>The flags of the three commands that train, and what is said of them.</summary>
public class SettingOptionsTests
{
    private const string Shared =
        "--arch x --model x --img-size 32 --img_size 32 --input-size 32 --input_size 32 --init x.pth --pretrained-weights x "
        + "--pretrained_weights x --key k "
        + "--normalization none --drop-path 0 --drop_path 0 --precision bf16 --epochs 1 --patience 1 --batch-size 2 --batch_size 2 --opt "
        + "adamw --lr 1 "
        + "--momentum 0 --weight-decay 0 --weight_decay 0 --opt-eps 1e-8 --opt_eps 1e-8 --opt-betas 0.9,0.99 --clip-grad 1 --clip_grad 1 "
        + "--sched step "
        + "--decay-epochs 3 --decay_epochs 3 --decay-rate 0.1 --dr 0.1 --warmup-epochs 0 --warmup_epochs 0 --warmup-lr 0 --warmup_lr 0 "
        + "--min-lr 0 --min_lr 0 "
        + "--seed 1 --workers 1 --device cpu --bad-images skip --bad_images skip --cache c --checkpoint-steps 1 --checkpoint-minutes 1 "
        + "--keep-last 1 "
        + "--print-freq 1 --print_freq 1 --tensorboard false --tensorboard --out o --resume auto --config c --json - --quiet";

    private const string Benchmark =
        "--data_set x --data-set x --dataset x --data-dir x --data_dir x --train-list x --train_list x --val-list x --val_list x "
        + "--test-list x --test_list x "
        + "--anno-percent 50 --anno_percent 50 --freeze --layer-decay 1 --mixup 0 --smallest-crop 0.1 --early-stop true --early_stop "
        + "True --trials 1 --trial 1 "
        + "--test-augment true --test_augment False --mode train --GPU 0 --num_class 14 --img_depth 3 --exp_name x --lr-noise 0.1 0.9 "
        + "--lr-noise-pct 0.6 "
        + "--lr-noise-std 1 --cooldown-epochs 10 --start_index 0 --clean --activate Sigmoid --uncertain_label LSR --unknown_label 0 "
        + "--opt-betas 0.9 0.99";

    private const string Pretraining =
        "--datasets A,B --data_set A --data-set A --exp-name x --exp_name x --recipe ark-plus --fidelity published --use-mlp true "
        + "--use_mlp True --task-order cyclic "
        + "--projector-features 0 --projector_features 0 --ema-mode epoch --ema_mode epoch --momentum-teacher 0.9 --momentum_teacher 0.9 "
        + "--consistency 1 "
        + "--pretrain-epochs 2 --pretrain_epochs 2 --accumulate 2 --checkpoint-activations true --schedule-epochs 3 --test-epoch 1 "
        + "--test_epoch 1 "
        + "--test-augment true --test_augment True --val-loss-metric average --val_loss_metric average --smallest-crop 0.1 "
        + "--pixel-baseline false --gpu 0 --GPU 0 "
        + "--img-depth 3 --img_depth 3 --mode train --activate Sigmoid --lr-noise None --from_checkpoint x --anno_percent 50 "
        + "--patience-epochs 10 --num_class 14 "
        + "--early_stop x --trial 1 --img_resize 256 --uncertain_label x --unknown_label 0 --cooldown-epochs 10 --start_index 0 --clean "
        + "x --lr-noise-pct 0.6 "
        + "--lr-noise-std 1";

    [Theory]
    [InlineData("pretrain", Shared)]
    [InlineData("pretrain", Pretraining)]
    [InlineData("finetune", Shared)]
    [InlineData("finetune", Benchmark)]
    [InlineData("segment train", Shared)]
    [InlineData("segment train",
        "--dataset x --trials 2 --decoder detailed --width 8 --loss dice-ce --augment false --vary-quality true --vary_quality "
        + "--vary-framing true --vary_framing")]
    public async Task Every_flag_is_known_by_each_of_its_names(string command, string flags)
    {
        await using var services = new ServiceCollection().AddArk().Services.BuildServiceProvider();
        var root = ArkCommandLine.CreateRoot(services, new Terminal(TextWriter.Null, TextWriter.Null, false));
        // Each alone: two names of one option are one option given twice.
        foreach (var flag in (" " + flags).Split(" --", StringSplitOptions.RemoveEmptyEntries))
        {
            var parsed = root.Parse([.. command.Split(' '), .. ("--" + flag).Split(' ')]);
            var problems = string.Join(' ', parsed.Errors.Select(e => e.Message));
            Assert.True(problems.Length == 0 && parsed.UnmatchedTokens.Count == 0, $"--{flag}: {problems}");
        }
    }

    [Fact]
    public async Task A_property_in_a_message_becomes_the_flag_of_the_command_and_what_is_quoted_stays()
    {
        await using var services = new ServiceCollection().AddArk().Services.BuildServiceProvider();
        var root = ArkCommandLine.CreateRoot(services, new Terminal(TextWriter.Null, TextWriter.Null, false));
        var command = Assert.IsType<TrainingCommand>(root.Parse(["finetune"]).CommandResult.Command);
        Assert.Equal("options, --lr: 'Epochs' is no number. Raise --epochs, see (--out).", command.MessageOf(new ArkInputException(
            "options", "'LearningRate'", "'Epochs' is no number", "Raise 'Epochs', see ('Directory').")));
        Assert.Equal("diverged: lower --lr of 'Unknown'",
            command.MessageOf(new TrainingStoppedException("diverged: lower 'LearningRate' of 'Unknown'")));
        foreach (var line in (string[])["pretrain", "finetune", "segment train"])
        {
            Assert.Equal($"no room: go on with: ark {line} --resume 'a b'", Assert.IsType<TrainingCommand>(root.Parse(
                line).CommandResult.Command)
                .MessageOf(new TrainingStoppedException("no room: go on with: 'Resume' 'a b'")));
        }
    }

    [Theory]
    [InlineData("Give what 'IArkTrainer' wrote; 'CheckpointFile' lists it.", "Give what 'ark pretrain' wrote; 'ark inspect' lists it.")]
    [InlineData("Choose another file ('path').", "Choose another file (--out).")]
    [InlineData("Set 'path' and 'Unknown', see 'Weights'.", "Set 'path' and 'Unknown', see --weights.")]
    public void A_type_or_parameter_in_a_hint_becomes_the_words_of_the_command_line(string hint, string expected) =>
        Assert.Equal(
            $"file: holds 'IArkTrainer'. {expected}",
            CommandWords.MessageOf(new ArkInputException("file", null, "holds 'IArkTrainer'", hint)));

    [Theory]
    [InlineData("--epochs 10 --warmup-epochs 10", "fine-tuning options, --warmup-epochs", "train longer (--epochs)")]
    [InlineData("--min-lr 1 --lr 0.1", "fine-tuning options, --min-lr", "raise --lr")]
    [InlineData("--device gpu", "fine-tuning options, --device", "must be cpu, cuda or cuda:N")]
    [InlineData("--normalization other", "'other' is no value for 'normalization'. Give imagenet|chestx-ray|none.")]
    [InlineData("--opt lamb", "'lamb' is no value for 'opt'. Give sgd|momentum|adamw.")]
    [InlineData("--init https://host/x.pth", "option '--init'", "nothing is downloaded")]
    [InlineData("--early_stop maybe", "option '--early_stop'", "true|false")]
    public async Task Options_that_cannot_be_used_are_refused_by_their_flags(string flags, params string[] words)
    {
        using var folder = new TemporaryFolder();
        (await CommandLineRun.Of(["finetune", "--dataset", "x", "--config", "c.yaml", "--model", "swin_mini", "--out", folder.PathOf("x"),
            .. flags.Split(' ')]))
            .AssertRefused(words);
    }

    [Fact]
    public void A_rate_alone_lowers_the_end_of_its_schedule_too()
    {
        var table = OptionTables.FineTuning;
        var options = OptionTexts.Create(table, [table.Text("lr", "1e-7", "command line", "option '--lr'")]);
        Assert.Equal((1e-7, 1e-7), (options.LearningRate, options.MinimumLearningRate));
    }

    [Theory]
    [InlineData("early-stop=false", 0)]
    [InlineData("patience=5 early-stop=false", 0)]
    [InlineData("patience=5 early-stop=true", 5)]
    [InlineData("patience=0 early-stop=true", 0)]
    public void Early_stopping_is_patience(string texts, int patience)
    {
        var table = OptionTables.FineTuning;
        var options = OptionTexts.Create(table,
            [.. texts.Split(' ').Select(t => table.Text(t.Split('=')[0], t.Split('=')[1], "command line", "option"))]);
        Assert.Equal(patience, options.Patience);
        Assert.Equal(10, OptionTexts.Apply(new FineTuningOptions { Patience = 0 },
            [table.Text("early-stop", "true", "command line", "option")]).Patience);
    }

    [Fact]
    public void Options_of_a_catalogue_begin_with_the_published_values_of_its_recipe()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("c.yaml",
            "training:\n  batch-size: 8\n  recipe: ark-plus\nx:\n  data_dir: .\n  train_list: t.txt\n  val_list: t.txt\n"
            + "  test_list: t.txt\n  diseases: [Odd]\n  task_type: binary classification\n");
        folder.Write("t.txt", "a.png 0\n");
        var options = TrainingOptions.FromCatalogue(DatasetCatalogue.Load(path));
        Assert.Equal((TrainingRecipe.ArkPlus, OptimizerKind.AdamW, 8), (options.Recipe, options.Optimizer, options.BatchSize));
    }
}
