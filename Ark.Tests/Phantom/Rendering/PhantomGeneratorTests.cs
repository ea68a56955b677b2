using System.Security.Cryptography;
using Ark.Phantom;

namespace Ark.Tests.Phantom;

public sealed class PhantomGeneratorTests
{
    private static readonly PhantomFinding[] Local =
        [
            PhantomFinding.Atelectasis, PhantomFinding.Consolidation, PhantomFinding.Mass, PhantomFinding.Nodule,
            PhantomFinding.PleuralEffusion, PhantomFinding.Pneumothorax
        ];

    public static TheoryData<PhantomFinding> AllFindings => [.. Enum.GetValues<PhantomFinding>()];

    public static TheoryData<PhantomFinding> LocalFindings => [.. Local];

    [Fact]
    public void Render_gives_the_recorded_bytes_of_version_2()
    {
        // A change here is a change of every phantom dataset: raise PhantomGenerator.Version with it.
        var image = Render(1, PhantomFinding.Nodule, PhantomFinding.Fibrosis, PhantomFinding.PleuralEffusion).Image;
        Assert.Equal(2, PhantomGenerator.Version);
        Assert.Equal("36E76ED157F87034", Convert.ToHexString(SHA256.HashData(image.Pixels))[..16]);
    }

    [Fact]
    public void Render_gives_the_same_bytes_when_many_threads_render()
    {
        byte[][] alone = [.. Enumerable.Range(0, 8).Select(i => Render(i, (PhantomFinding)i).Image.Pixels)];
        var together = new byte[alone.Length][];
        Parallel.For(0, alone.Length, i => together[i] = Render(i, (PhantomFinding)i).Image.Pixels);
        Assert.Equal(alone, together);
    }

    [Fact]
    public void Render_gives_another_picture_when_seed_patient_exposure_or_view_differ()
    {
        var options = new PhantomOptions { Patient = 3, Exposure = 1 };
        byte[][] pictures =
        [
            PhantomGenerator.Render(7, options).Image.Pixels,
            PhantomGenerator.Render(8, options).Image.Pixels,
            PhantomGenerator.Render(7, options with { Patient = 4 }).Image.Pixels,
            PhantomGenerator.Render(7, options with { Exposure = 2 }).Image.Pixels,
            PhantomGenerator.Render(7, options with { View = PhantomView.Anteroposterior }).Image.Pixels,
        ];
        Assert.Equal(pictures.Length, pictures.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void Render_shows_dark_lungs_between_a_bright_middle_and_a_bright_abdomen()
    {
        for (var patient = 0; patient < 12; patient++)
        {
            var picture = Render(patient);
            var lungs = Mean(
                picture.Image, i => (Mask(picture, PhantomStructure.LeftLung)[i] | Mask(picture, PhantomStructure.RightLung)[i]) != 0);
            var heart = Mean(picture.Image, i => Mask(picture, PhantomStructure.Heart)[i] != 0);
            // The lowest rows may lie under the collimator's border; the dark gas of the stomach is on the left.
            var below = 1 + Enumerable.Range(0, 128 * 128).Last(i => Mask(picture, PhantomStructure.RightLung)[i] != 0) / 128;
            var abdomen = Mean(picture.Image, i => i / 128 >= below && i / 128 < below + 6 && i % 128 is > 45 and < 58);
            Assert.True(heart > lungs + 40, $"patient {patient}: heart {heart:F0}, lungs {lungs:F0}");
            Assert.True(abdomen > lungs + 40, $"patient {patient}: abdomen {abdomen:F0}, lungs {lungs:F0}");
        }
    }

    [Theory]
    [MemberData(nameof(AllFindings))]
    public void A_finding_changes_the_picture_inside_its_boxes(PhantomFinding finding)
    {
        for (var patient = 0; patient < 6; patient++)
        {
            var (with, without) = (Render(patient, finding), Render(patient));
            Assert.Equal([finding], with.Findings);
            Assert.NotEmpty(with.Boxes);
            Assert.Empty(without.Boxes);
            var change = Mean(with.Image, i => with.Boxes.Any(b => Contains(b, i % 128, i / 128)), without.Image);
            Assert.True(change > 2.5, $"patient {patient}: {change:F2}");
        }
    }

    [Theory]
    [MemberData(nameof(LocalFindings))]
    public void A_local_finding_changes_its_boxes_far_more_than_the_picture_around(PhantomFinding finding)
    {
        // A collapse lifts its dome as well, so its surroundings change too; everything else stays where it was.
        var factor = finding == PhantomFinding.Atelectasis ? 1.2 : 4;
        var (inside, outside) = (0.0, 0.0);
        for (var patient = 0; patient < 8; patient++)
        {
            var (with, without) = (Render(patient, finding), Render(patient));
            inside += Mean(with.Image, i => with.Boxes.Any(b => Contains(b, i % 128, i / 128)), without.Image);
            outside += Mean(with.Image, i => !with.Boxes.Any(b => Contains(b, i % 128, i / 128, 6)), without.Image);
        }

        Assert.True(inside > factor * outside, $"inside {inside / 8:F2}, outside {outside / 8:F2}");
    }

    [Theory]
    [MemberData(nameof(AllFindings))]
    public void The_boxes_lie_in_the_picture_and_over_the_lungs_or_the_heart(PhantomFinding finding)
    {
        for (var patient = 0; patient < 10; patient++)
        {
            var picture = Render(patient, finding);
            var target = finding == PhantomFinding.Cardiomegaly
                ? Mask(picture, PhantomStructure.Heart)
                : [.. Mask(picture, PhantomStructure.LeftLung).Zip(Mask(picture, PhantomStructure.RightLung), (a, b) => (byte)(a | b))];
            Assert.All(picture.Boxes, box =>
            {
                Assert.Equal(finding, box.Finding);
                Assert.True(
                    box is { X: >= 0, Y: >= 0, Width: >= 1, Height: >= 1 } && box.X + box.Width <= 128 && box.Y + box.Height <= 128,
                    box.ToString());
                var covered = Enumerable.Range(0, target.Length).Count(i => target[i] != 0 && Contains(box, i % 128, i / 128));
                Assert.True(covered >= 0.25 * box.Width * box.Height, $"{box}: {covered} pixels of the organ");
            });
        }
    }

    [Fact]
    public void The_heart_is_wider_than_half_the_thorax_exactly_when_cardiomegaly_is_shown()
    {
        for (var patient = 0; patient < 25; patient++)
        {
            foreach (var view in Enum.GetValues<PhantomView>())
            {
                var healthy = Render(patient, view).CardiothoracicRatio;
                var enlarged = Render(patient, view, PhantomFinding.Cardiomegaly).CardiothoracicRatio;
                Assert.InRange(healthy, 0.25, 0.5);
                Assert.InRange(enlarged, 0.5001, 0.75);
            }
        }
    }

    [Fact]
    public void An_effusion_has_its_middle_in_the_lower_half_of_the_lung()
    {
        for (var patient = 0; patient < 12; patient++)
        {
            var picture = Render(patient, PhantomFinding.PleuralEffusion);
            var rows = Enumerable.Range(0, 128 * 128)
                .Where(i => (Mask(picture, PhantomStructure.LeftLung)[
                    i] | Mask(picture, PhantomStructure.RightLung)[i]) != 0).Select(i => i / 128).ToArray();
            var middle = 0.5 * (rows.Min() + rows.Max());
            Assert.All(
                picture.Boxes,
                box => Assert.True(box.Y + (0.5 * box.Height) > middle, $"patient {patient}: {box}, lungs {rows.Min()} to {rows.Max()}"));
        }
    }

    [Fact]
    public void The_masks_of_lungs_and_heart_do_not_overlap_and_left_lies_right()
    {
        for (var patient = 0; patient < 10; patient++)
        {
            var picture = Render(patient);
            var (left, right, heart) = (
                Mask(picture, PhantomStructure.LeftLung), Mask(picture, PhantomStructure.RightLung), Mask(picture, PhantomStructure.Heart));
            for (var i = 0; i < left.Length; i++) Assert.True((left[i] & right[i]) == 0 && (heart[i] & (left[i] | right[i])) == 0);
            Assert.True(Center(left) > Center(right) + 20);
            Assert.True(Center(Mask(picture, PhantomStructure.LeftClavicle)) > Center(Mask(picture, PhantomStructure.RightClavicle)) + 20);
            Assert.InRange(left.Count(p => p != 0) / (128.0 * 128), 0.04, 0.3);
            Assert.InRange(right.Count(p => p != 0) / (128.0 * 128), 0.04, 0.3);
        }
    }

    [Fact]
    public void The_heart_looks_larger_when_the_beam_comes_from_the_front()
    {
        var frontal = Enumerable.Range(0, 30).Average(p => Render(p, PhantomView.Anteroposterior).CardiothoracicRatio);
        var dorsal = Enumerable.Range(0, 30).Average(p => Render(p, PhantomView.Posteroanterior).CardiothoracicRatio);
        Assert.True(frontal > dorsal + 0.01, $"AP {frontal:F3}, PA {dorsal:F3}");
    }

    [Theory]
    [InlineData(31, 128)]
    [InlineData(128, 5000)]
    public void Render_refuses_a_size_out_of_range(int width, int height) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PhantomGenerator.Render(
            0, new PhantomOptions { Scanner = new PhantomScanner { Width = width, Height = height } }));

    [Fact]
    public void Render_refuses_a_figure_that_is_no_number() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PhantomGenerator.Render(
            0, new PhantomOptions { Scanner = new PhantomScanner { Photons = double.NaN } }));

    private static PhantomRadiograph Render(int patient, params PhantomFinding[] findings) =>
        Render(patient, patient % 2 == 0 ? PhantomView.Posteroanterior : PhantomView.Anteroposterior, findings);

    private static PhantomRadiograph Render(int patient, PhantomView view, params PhantomFinding[] findings) =>
        PhantomGenerator.Render(17, new PhantomOptions { Patient = (ulong)patient, View = view, Findings = findings });

    private static byte[] Mask(PhantomRadiograph picture, PhantomStructure structure) => picture.Mask(structure).Pixels;

    private static bool Contains(PhantomBox box, int x, int y, int margin = 0) =>
        x >= box.X - margin && x < box.X + box.Width + margin && y >= box.Y - margin && y < box.Y + box.Height + margin;

    private static double Center(byte[] mask) => Enumerable.Range(0, mask.Length).Where(i => mask[i] != 0).Average(i => i % 128);

    private static double Mean(RasterImage image, Predicate<int> where, RasterImage? minus = null)
    {
        var (sum, count) = (0.0, 0);
        for (var i = 0; i < image.Pixels.Length; i++)
        {
            if (!where(i)) continue;
            sum += minus is null ? image.Pixels[i] : Math.Abs(image.Pixels[i] - minus.Pixels[i]);
            count++;
        }

        return count == 0 ? 0 : sum / count;
    }
}
