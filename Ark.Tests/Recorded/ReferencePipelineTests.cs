using System.Text.Json;
using Ark.Data;
using static Ark.Tests.TransformReference;

namespace Ark.Tests.Recorded;

/// <summary>Whole transforms, with the recorded draws replayed, against what the original's classes gave.</summary>
public class ReferencePipelineTests
{
    public static MatrixTheoryData<string, string> Images => new(Recordings, ["gray.png", "rgb.png", "nonsquare_rgba.png"]);

    public static MatrixTheoryData<string, string> Datasets => new(Recordings, ["ChestXray14", "CheXpert"]);

    public static MatrixTheoryData<string, int> Sizes => new(Recordings, [64, 224]);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void TrainingTransform_makes_the_views_of_the_published_augmentation(string recording, int size)
    {
        var reference = Load(recording);
        var students = reference.OperationsWhere(id => id.StartsWith($"pipeline{size}/", StringComparison.Ordinal)
            && id.EndsWith("/student", StringComparison.Ordinal));
        Assert.Equal(size == 64 ? 12 : 4, students.Count);
        var tables = PixelTables.InDouble(Normalization.ImageNet);
        foreach (var student in students)
        {
            var actual = new float[2 * 3 * size * size];
            new TrainingTransform(size, size, AugmentationRecipe.Ark)
                .WriteViews(Bitmap.Of(reference.Image(student.GetProperty("image").GetString()!)), Recorded(student), actual);

            var expected = new float[actual.Length];
            tables.Write(Bitmap.Of(reference.ImageOutput(Id(student))), expected.AsSpan(0, expected.Length / 2));
            tables.Write(
                Bitmap.Of(reference.ImageOutput(Id(student).Replace("/student", "/teacher", StringComparison.Ordinal))),
                expected.AsSpan(expected.Length / 2));
            AssertEqual(expected, actual, Id(student));
        }
    }

    [Theory]
    [MemberData(nameof(Datasets))]
    public void TrainingTransform_equals_the_data_sets_of_Ark(string recording, string dataset)
    {
        var reference = Load(recording);
        var id = $"item/Ark/{dataset}/train";
        var student = Assert.Single(reference.OperationsWhere(o => o == $"{id}/student_stride7"));
        var actual = new float[2 * 3 * 224 * 224];
        // The class of CheXpert crops the stored picture itself.
        var (transform, image) = (new TrainingTransform(224, 224, AugmentationRecipe.Ark), reference.Image(ImageOf(dataset)));
        if (dataset == "CheXpert") transform.WriteViews(Bitmap.Of(image), Recorded(student), actual);
        else transform.Apply(image, Recorded(student), actual);
        AssertEqual(reference.Floats($"{id}/student_stride7"), EverySeventh(actual.AsSpan(0, 3 * 224 * 224)), "student");
        AssertEqual(reference.Floats($"{id}/teacher_stride7"), EverySeventh(actual.AsSpan(3 * 224 * 224)), "teacher");
    }

    [Theory]
    [MemberData(nameof(Datasets))]
    public void TrainingTransform_equals_the_data_sets_of_ArkPlus(string recording, string dataset)
    {
        // Those were made with a picture of 40 and views of 32; the proportion 256:224 would give 37, so the picture is resized beforehand.
        var reference = Load(recording);
        var id = $"item/Ark+/{dataset}/train";
        var student = Assert.Single(reference.OperationsWhere(o => o == $"{id}/student"));
        var actual = new float[2 * 3 * 32 * 32];
        new TrainingTransform(32, 32, AugmentationRecipe.ArkPlus)
            .WriteViews(Bitmap.Of(Resized(reference.Image(ImageOf(dataset)), 40)), Recorded(student), actual);
        AssertEqual(reference.Floats($"{id}/student"), actual.AsSpan(0, 3 * 32 * 32), "student");
        AssertEqual(reference.Floats($"{id}/teacher"), actual.AsSpan(3 * 32 * 32), "teacher");
    }

    [Theory]
    [MemberData(nameof(Datasets))]
    public void EvaluationTransform_equals_the_validation_data_sets_of_Ark(string recording, string dataset)
    {
        var reference = Load(recording);
        var actual = new float[3 * 224 * 224];
        // The class of ChestXray14 resizes what it reads; that of CheXpert does not.
        var image = reference.Image(ImageOf(dataset));
        new EvaluationTransform(224, 224).Apply(dataset == "ChestXray14" ? Resized(image, 224) : image, new RandomStream(0), actual);
        AssertEqual(reference.Floats($"item/Ark/{dataset}/valid/student_stride7"), EverySeventh(actual), "student");
        AssertEqual(reference.Floats($"item/Ark/{dataset}/valid/teacher_stride7"), EverySeventh(actual), "teacher");
    }

    [Theory]
    [MemberData(nameof(Datasets))]
    public void EvaluationTransform_equals_the_validation_data_sets_of_ArkPlus(string recording, string dataset)
    {
        var reference = Load(recording);
        var actual = new float[3 * 32 * 32];
        new EvaluationTransform(new ViewSize(32, 32), new ViewSize(40, 40), Normalization.ImageNet)
            .Apply(Resized(reference.Image(ImageOf(dataset)), 40), new RandomStream(0), actual);
        AssertEqual(reference.Floats($"item/Ark+/{dataset}/valid/student"), actual, "student");
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Evaluation_transforms_equal_build_transform_classification(string recording, string image)
    {
        var reference = Load(recording);
        var source = reference.Image(image);
        foreach (var (name, normalization) in new[]
        {
            ("imagenet", Normalization.ImageNet),
            ("chestx-ray", Normalization.ChestXray),
            ("none", Normalization.None)
        })
        {
            var single = new float[3 * 32 * 32];
            new EvaluationTransform(new ViewSize(32, 32), new ViewSize(40, 40), normalization).Apply(source, new RandomStream(0), single);
            AssertEqual(reference.Floats($"{image}/ark_{name}_valid_32of40"), single, $"{image} {name} valid");
            AssertEqual(reference.Floats($"{image}/ark_{name}_test_noaug_32of40"), single, $"{image} {name} test");
            if (normalization == Normalization.None) continue;

            var ten = new float[10 * 3 * 32 * 32];
            new TenCropTransform(new ViewSize(32, 32), new ViewSize(40, 40), normalization).Apply(source, new RandomStream(0), ten);
            var expected = reference.OperationsWhere(o => o == $"{image}/ark_{name}_test_32of40");
            if (expected.Count > 0) AssertEqual(reference.Floats($"{image}/ark_{name}_test_32of40"), ten, $"{image} {name} ten");
        }
    }

    // What the published dataset classes do before their transforms.
    private static RasterImage Resized(RasterImage source, int side)
    {
        var pixels = new byte[side * side * source.Channels];
        PilResize.Resize(Bitmap.Of(source), pixels, side, side, PilFilter.Bicubic);
        return new RasterImage(side, side, source.Channels, pixels);
    }

    private static string ImageOf(string dataset) => dataset == "CheXpert" ? "nonsquare_rgba.png" : "rgb.png";

    private static Augmentation Recorded(JsonElement operation)
    {
        Augmentation? result = null;
        foreach (var drawn in operation.GetProperty("events").EnumerateArray())
        {
            var values = drawn[1];
            double Get(string key) => values.GetProperty(key).GetDouble();
            switch (drawn[0].GetString())
            {
                case "RandomResizedCrop":
                    var corners = values.GetProperty("coords");
                    result = new Augmentation(
                        corners.GetProperty("x_min").GetInt32(), corners.GetProperty("y_min").GetInt32(), (int)Get("crop_width"),
                        (int)Get("crop_height"));
                    break;
                case "ShiftScaleRotate":
                    result = result! with { Warp = new(Get("angle"), Get("scale"), Get("dx"), Get("dy")) };
                    break;
                case "RandomBrightnessContrast":
                    result = result! with { BrightnessContrast = (Get("alpha"), Get("beta")) };
                    break;
                case "RandomGamma":
                    result = result! with { Gamma = Get("gamma") };
                    break;
                default:
                    Assert.Fail($"Unknown event {drawn[0]}.");
                    break;
            }
        }

        return result!;
    }

    private static float[] EverySeventh(ReadOnlySpan<float> view)
    {
        var result = new List<float>();
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < 224; y += 7)
                for (var x = 0; x < 224; x += 7) result.Add(view[(c * 224 * 224) + (y * 224) + x]);
        return [.. result];
    }

    private static void AssertEqual(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var (largest, count) = (0f, 0);
        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i] == actual[i]) continue;
            count++;
            largest = Math.Max(largest, Math.Abs(expected[i] - actual[i]));
        }

        Assert.True(count == 0, $"{what}: largest difference {largest}, {count} of {expected.Length} differ.");
    }
}
