using Ark.Models;
using Ark.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

/// <summary>Each slip of the published code, as a run has it by default and as it has it where the published run is repeated.</summary>
public class FidelityTests
{
    [Fact]
    public void Options_are_corrected_and_have_the_projector_of_the_released_model_unless_told_otherwise()
    {
        var options = TrainingOptions.ForRecipe(TrainingRecipe.Ark);
        Assert.Equal((Fidelity.Corrected, true, 1376), (options.Fidelity, options.UseMlpProjector, options.ProjectorFeatures));
        Assert.Equal(Fidelity.Corrected, TrainingOptions.ForRecipe(TrainingRecipe.ArkPlus).Fidelity);
    }

    [Theory]
    [InlineData(Fidelity.Corrected, true)]
    [InlineData(Fidelity.Published, false)]
    public void Teacher_starts_as_a_copy_or_shares_only_the_backbone_that_both_start_from(Fidelity fidelity, bool isCopy)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var file = folder.PathOf("backbone.safetensors");
        using (var backbone = new ArkModel(SmallAccrual.Description.Configuration(), new Generator(9)))
            Safetensors.Save(file, backbone.state_dict().Where(e => IsBackbone(e.Key)).ToDictionary(e => e.Key, e => e.Value));

        var (student, teacher) = TrainingModels.Create(
            new TrainingOptions { Fidelity = fidelity }, SmallAccrual.Description, trained: null, initialWeights: file, out _);
        using (student)
        using (teacher)
        {
            var followed = student.state_dict();
            var backboneOfFile = Safetensors.Load(file);
            Assert.All(teacher.state_dict(), e =>
            {
                var isSame = Same(followed[e.Key], e.Value);
                Assert.True(isSame == (isCopy || IsBackbone(e.Key)), $"{e.Key} is {(isSame ? "the same" : "another")}");
                if (IsBackbone(e.Key)) Assert.True(Same(backboneOfFile[e.Key], e.Value), $"{e.Key} is not the file's");
            });
        }
    }

    [Theory]
    [InlineData(Fidelity.Corrected, true)]
    [InlineData(Fidelity.Published, false)]
    public void Teacher_without_a_file_to_start_from_is_the_student_or_is_drawn_apart(Fidelity fidelity, bool isCopy)
    {
        using var small = new SmallAccrual(fidelity);
        var followed = small.Accrual.Student.state_dict();
        Assert.Equal(isCopy, small.Accrual.Teacher.state_dict().All(e => Same(followed[e.Key], e.Value)));
    }

    [Theory]
    [InlineData(Fidelity.Corrected, false)]
    [InlineData(Fidelity.Published, true)]
    public void Fresh_teacher_rests_or_trains_and_never_has_gradients(Fidelity fidelity, bool trains)
    {
        using var small = new SmallAccrual(fidelity);
        Assert.Equal(trains, small.Accrual.Teacher.training);
        small.Step(SmallAccrual.Findings);
        Assert.Equal(trains, small.Accrual.Teacher.training);
        Assert.All(small.Accrual.Teacher.parameters(), p => Assert.True(!p.requires_grad && p.grad is null));
        Assert.True(small.Accrual.Student.training);
    }

    [Theory]
    [InlineData(Fidelity.Corrected, 3)]
    [InlineData(Fidelity.Published, 0.7)]
    public void Learning_rate_is_stepped_by_the_epoch_or_by_the_validation_loss(Fidelity fidelity, double time)
    {
        var schedule = new LearningRateSchedule(0.1, 1e-5, 1e-6, 2, 10);
        using var small = new SmallAccrual(fidelity, s => s with { LearningRate = schedule });
        small.Accrual.EndEpoch(finishedEpochs: 3, meanValidationLoss: 0.7);
        Assert.Equal(schedule.At(time), small.Accrual.Optimizer.LearningRate);
        Assert.NotEqual(schedule.At(3), schedule.At(0.7));
    }

    [Theory]
    [InlineData(Fidelity.Corrected, false, new[] { 3, 5 })]
    [InlineData(Fidelity.Published, false, new[] { 1, 2 })]
    [InlineData(Fidelity.Corrected, true, new[] { 3, 5 })]
    [InlineData(Fidelity.Published, true, new[] { 0, 0 })]
    public void Schedule_index_of_iteration_mode_counts_steps_or_datasets(Fidelity fidelity, bool concurrent, int[] afterPasses)
    {
        using var small = new SmallAccrual(fidelity, s => s with { Concurrent = concurrent });
        foreach (var (dataset, steps) in ((int, int)[])[(SmallAccrual.Findings, 3), (SmallAccrual.Triage, 2)])
        {
            for (var i = 0; i < steps; i++) small.Step(dataset);
            small.Accrual.EndPass();
            Assert.Equal(afterPasses[dataset], small.Accrual.ScheduleIndex);
        }
    }

    [Theory]
    [InlineData(Fidelity.Corrected, 1)]
    [InlineData(Fidelity.Published, 0)]
    public void Consistency_weight_of_iteration_mode_grows_with_each_step_or_rests_within_a_pass(Fidelity fidelity, int index)
    {
        using var small = new SmallAccrual(fidelity);
        small.Step(SmallAccrual.Findings);
        small.Step(SmallAccrual.Findings);
        Assert.Equal(new CosineSchedule(0, 0.5, 20)[index], small.Accrual.LastConsistencyWeight);
        Assert.Equal(new CosineSchedule(0.9, 1, 20)[1], small.Accrual.LastMomentum);
    }

    [Theory]
    [InlineData(Fidelity.Corrected, false)]
    [InlineData(Fidelity.Published, true)]
    public void Position_bias_tables_rest_or_decay(Fidelity fidelity, bool decay)
    {
        const string Tables = "relative_position_bias_table";
        using var small = new SmallAccrual(
            fidelity, s => s with { Optimizer = new OptimizerSettings { Kind = OptimizerKind.AdamW, WeightDecay = 0.5 } });
        var (tables, matrices, biases) = (small.Weights(Tables), small.Weights("mlp.fc1.weight"), small.Weights("qkv.bias"));
        foreach (var parameter in small.Accrual.Student.parameters()) parameter.grad = zeros_like(parameter);
        small.Accrual.Optimizer.LearningRate = 0.1;
        small.Accrual.Optimizer.Step();
        Assert.True(small.Weights(Tables).allclose(decay ? tables * 0.95 : tables, rtol: 1e-6, atol: 0));
        Assert.True(small.Weights("mlp.fc1.weight").allclose(matrices * 0.95, rtol: 1e-6, atol: 0));
        Assert.True(Same(biases, small.Weights("qkv.bias")));
    }

    [Theory]
    [InlineData(Fidelity.Corrected, TrainingRecipe.Ark, false, true)]
    [InlineData(Fidelity.Corrected, TrainingRecipe.ArkPlus, true, true)]
    [InlineData(Fidelity.Published, TrainingRecipe.Ark, false, false)]
    [InlineData(Fidelity.Published, TrainingRecipe.ArkPlus, false, true)]
    [InlineData(Fidelity.Published, TrainingRecipe.ArkPlus, true, false)]
    public void Classes_that_exclude_each_other_compete_in_the_loss_or_stand_alone(
        Fidelity fidelity, TrainingRecipe recipe, bool concurrent, bool compete)
    {
        using var small = new SmallAccrual(fidelity, s => s with { Recipe = recipe, Concurrent = concurrent });
        Assert.Equal(compete, small.Accrual.IsExclusive(SmallAccrual.Triage));
        Assert.False(small.Accrual.IsExclusive(SmallAccrual.Findings));
        var (pictures, targets) = (small.Pictures(), SmallAccrual.Targets(SmallAccrual.Triage));
        var expected = compete ? CrossEntropy(small, pictures, targets) : BinaryCrossEntropy(small, pictures, targets);
        Assert.Equal(expected, small.Accrual.Step(SmallAccrual.Triage, pictures, pictures, targets, anyMissing: false)[0], 1e-5);
    }

    [Theory]
    [InlineData(Fidelity.Corrected, 0)]
    [InlineData(Fidelity.Published, -0.5)]
    public void Teacher_of_ark_plus_whose_momentum_begins_below_nine_tenths_has_no_say_or_drives_the_student_away(
        Fidelity fidelity, double weight)
    {
        using var small = new SmallAccrual(fidelity, s => s with { Recipe = TrainingRecipe.ArkPlus, TeacherMomentum = 0.8 });
        Assert.Equal(weight, small.Accrual.ConsistencyWeight, 1e-12);
        var losses = small.Step(SmallAccrual.Findings);
        Assert.Equal(((1 - weight) * losses[0]) + (weight * losses[1]), losses[2], 1e-5);
        Assert.True(losses[1] > 0);
    }

    [Theory]
    [InlineData(Fidelity.Corrected, true)]
    [InlineData(Fidelity.Published, false)]
    public void Head_that_had_a_gradient_rests_or_drifts_while_another_dataset_trains(Fidelity fidelity, bool rests)
    {
        using var small = new SmallAccrual(fidelity, s => s with { LearningRate = new LearningRateSchedule(0.1, 0.1, 0.1, 0, 10) });
        var untrained = small.Weights("omni_heads.0");
        small.Step(SmallAccrual.Findings);
        var trained = small.Weights("omni_heads.0");
        Assert.False(Same(untrained, trained));
        small.Step(SmallAccrual.Triage);
        Assert.Equal(rests, Same(trained, small.Weights("omni_heads.0")));
    }

    private static double CrossEntropy(SmallAccrual small, Tensor pictures, Tensor targets) =>
        -(targets * Logits(small, pictures).log_softmax(1)).sum(1).mean().ToDouble();

    private static double BinaryCrossEntropy(SmallAccrual small, Tensor pictures, Tensor targets)
    {
        var probabilities = Logits(small, pictures).sigmoid();
        return -((targets * probabilities.log()) + ((1 - targets) * (1 - probabilities).log())).mean().ToDouble();
    }

    private static Tensor Logits(SmallAccrual small, Tensor pictures) =>
        small.Accrual.Student.forward(pictures, SmallAccrual.Triage).Logits.detach();

    private static bool IsBackbone(string name) =>
        !name.StartsWith("projector", StringComparison.Ordinal) && !name.StartsWith("omni_heads", StringComparison.Ordinal);

    private static bool Same(Tensor one, Tensor other) => one.equal(other).all().item<bool>();
}
