using System.Text.Json;
using Ark.Evaluation;

namespace Ark.Tests.Training;

public class DeLongTests
{
    private static readonly JsonElement Recorded = JsonDocument.Parse(
        File.ReadAllText(Fixture.PathOf("Scoring", "scoring.json"))).RootElement;

    public static TheoryData<string> Cases =>
        [.. Recorded.GetProperty("comparisons").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compare_equals_the_definition_by_pairs(string name)
    {
        var test = Recorded.GetProperty("comparisons").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        var comparison = DeLong.Compare(Column(test, "y"), Column(test, "a"), Column(test, "b"))!;
        Assert.Equal(test.GetProperty("first").GetDouble(), comparison.First, 1e-12);
        Assert.Equal(test.GetProperty("second").GetDouble(), comparison.Second, 1e-12);
        Assert.Equal(test.GetProperty("standard_error").GetDouble(), comparison.StandardError!.Value, 1e-12);
        Assert.Equal(test.GetProperty("z").GetDouble(), comparison.Z!.Value, 1e-9);
        Assert.Equal(test.GetProperty("p").GetDouble(), comparison.P!.Value, 1e-9);
    }

    [Fact]
    public void Compare_finds_no_difference_between_a_model_and_itself()
    {
        float[] targets = [1, 0, 1, 0, 1], scores = [0.9f, 0.3f, 0.4f, 0.5f, 0.6f];
        // A monotonous change of the scores is the same model to a rank statistic.
        var comparison = DeLong.Compare(targets, scores, [.. scores.Select(s => s * s)])!;
        Assert.Equal((0.0, 0.0, 1.0), (comparison.Difference, comparison.Z, comparison.P));
    }

    [Fact]
    public void Compare_is_undefined_where_a_class_is_absent_and_has_no_test_where_there_is_one_positive()
    {
        Assert.Null(DeLong.Compare([1, 1, float.NaN], [0.1f, 0.2f, 0.3f], [0.2f, 0.1f, 0.3f]));
        var one = DeLong.Compare([1, 0, 0], [0.9f, 0.2f, 0.3f], [0.1f, 0.2f, 0.05f])!;
        Assert.Equal((1.0, 0.5, null, null), (one.First, one.Second, one.StandardError, one.P));
    }

    [Fact]
    public void Compare_gives_no_z_where_a_difference_has_no_variance()
    {
        var comparison = DeLong.Compare([1, 1, 0, 0], [0.9f, 0.8f, 0.1f, 0.2f], [0.1f, 0.2f, 0.9f, 0.8f])!;
        Assert.Equal(1, comparison.Difference);
        Assert.Null(comparison.Z);
        Assert.Null(comparison.P);
    }

    [FsCheck.Xunit.Property]
    public bool Compare_changes_sign_when_the_models_change_places_and_agrees_with_the_area(
        FsCheck.NonEmptyArray<(bool Positive, sbyte First, sbyte Second)> samples)
    {
        float[] targets = [.. samples.Get.Select(s => s.Positive ? 1f : 0f)];
        float[] first = [.. samples.Get.Select(s => (float)s.First)], second = [.. samples.Get.Select(s => (float)s.Second)];
        var (one, other) = (DeLong.Compare(targets, first, second), DeLong.Compare(targets, second, first));
        if (one is null || other is null) return one is null && other is null && Auroc.Compute(targets, first) is null;
        return Math.Abs(one.Difference + other.Difference) < 1e-12 && Math.Abs(one.First - Auroc.Compute(targets, first)!.Value) < 1e-12
            && (one.Z is null ? other.Z is null : Math.Abs(one.Z.Value + other.Z!.Value) < 1e-9) && one.P is null or (>= 0 and <= 1);
    }

    private static float[] Column(JsonElement test, string key) =>
        [.. test.GetProperty(key).EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? float.NaN : (float)v.GetDouble())];
}
