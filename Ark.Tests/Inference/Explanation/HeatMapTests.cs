using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Inference;
using Ark.Models;
using Ark.Phantom;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Inference;

public class HeatMapTests(SmallModel small) : IClassFixture<SmallModel>
{
    /// <summary>The findings that lie somewhere, and the least rate that the teacher must reach, in multiples of chance.</summary>
    private static readonly PhantomFinding[] Localised =
    [
        PhantomFinding.Pneumothorax, PhantomFinding.PleuralEffusion, PhantomFinding.Consolidation, PhantomFinding.Mass
    ];

    [Fact]
    public void Grad_cam_weighs_the_last_tokens_by_the_slope_of_the_logit()
    {
        using var scope = NewDisposeScope();
        using var model = LoadedModel.Load(small.Checkpoint);
        using var generator = new Generator(2);
        var view = rand(1, 3, 32, 32, generator: generator);
        using var off = no_grad();
        var tokens = model.Model.NormedTokens(view);
        // Some output for which something speaks.
        var (head, label, map) = (from h in (int[])[0, 1, 2]
                                  from l in Enumerable.Range(0, h == 2 ? 1 : 3)
                                  select (
            h, l, GradCam.Compute(model.Model, tokens, h, l))).First(m => m.Item3.Max() > 0);
        double Logit(Tensor pooled) => model.Model.Classify(model.Model.Projector!.call(pooled))[head][0, label].ToDouble();
        var pooled = tokens.mean([1]);
        const float step = 1e-2f;
        var slopes = new float[192];
        for (var c = 0; c < 192; c++)
        {
            var (up, down) = (pooled.clone(), pooled.clone());
            up[0, c] = pooled[0, c].ToSingle() + step;
            down[0, c] = pooled[0, c].ToSingle() - step;
            slopes[c] = (float)((Logit(up) - Logit(down)) / (2 * step));
        }

        var expected = nn.functional.linear(tokens[0], tensor(slopes).unsqueeze(0)).squeeze(1).div(tokens.size(
            1)).clamp_min(0).data<float>().ToArray();
        var largest = expected.Max();
        Assert.Equal(expected.Length, map.Length);
        Assert.True(largest > 0);
        Assert.All(map.Zip(expected), p => Assert.True(Math.Abs(p.First - p.Second) <= 0.02 * largest, $"{p.First} against {p.Second}"));
        Assert.All(model.Model.parameters(), p => Assert.Null(p.grad));
    }

    [Theory]
    [InlineData(HeatMapMethod.GradCam, 16)]
    [InlineData(HeatMapMethod.Occlusion, 3)]
    public void The_peak_of_a_trained_map_lies_in_the_finding_more_often_than_chance_and_that_of_an_untrained_one_does_not(
        HeatMapMethod method, int images)
    {
        using var trained = LoadedModel.Load(PhantomPictures.Teacher);
        using var folder = new TemporaryFolder();
        using var untrained = Untrained(folder, trained);
        var (hits, wild, chance) = PointingGame(trained, untrained, method, images);
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{method}: trained {hits:F2}, untrained {wild:F2}, chance {chance:F2}"));
        Assert.True(hits >= 2.5 * chance, $"{hits:F2} against chance {chance:F2}");
        Assert.True(wild <= 2 * chance && wild < hits / 2, $"untrained {wild:F2}, chance {chance:F2}");
    }

    [Fact]
    public void A_map_lies_where_the_center_crop_lies()
    {
        // One bright cell of four by four over an input of 32 pixels, cut from 37 of a picture of 74: two pixels a step, and a margin of
        // two steps.
        var grid = new float[16];
        grid[(1 * 4) + 2] = 1;
        var map = new HeatMap(74, 74, ViewGeometry.Of(32).ToPicture(grid, 4, 4, 74, 74))
        {
            Image = "",
            Head = "",
            Label = "",
            Probability = 0,
            Method = HeatMapMethod.GradCam,
        };
        // The cell's centre is at 20 of 32 across and 12 of 32 down.
        Assert.InRange(map.Peak.X, (2 * (20 + 2)) - 1, (2 * (20 + 2)) + 1);
        Assert.InRange(map.Peak.Y, (2 * (12 + 2)) - 1, (2 * (12 + 2)) + 1);
        Assert.Equal(0, map.Values[0]);
    }

    [Theory]
    [InlineData(2, 49)]
    [InlineData(4, 89)]
    public void A_map_of_cells_that_reach_over_the_input_lies_where_the_cells_lie(int column, int center)
    {
        // Six cells of 20 pixels over an input of 112, the centre of a resized picture of 128.
        var grid = new float[36];
        grid[(1 * 6) + column] = 1;
        var map = new HeatMap(128, 128, new ViewGeometry(112, 128).ToPicture(grid, 6, 6, 128, 128, covered: 120))
        {
            Image = "",
            Head = "",
            Label = "",
            Probability = 0,
            Method = HeatMapMethod.Occlusion,
        };
        Assert.InRange(map.Peak.X, center + 8, center + 9);
        Assert.InRange(map.Peak.Y, 29 + 8, 29 + 9);
    }

    [Fact]
    public async Task Explain_writes_a_picture_with_the_input_beside_the_overlay()
    {
        var (image, output) = (Path.Combine(small.Images, "04.png"), small.PathOf("map.png"));
        var run = await CommandLineRun.Of(
            "explain", image, "--checkpoint", small.Checkpoint, "--label", "effusion", "--method", "occlusion", "--out", output, "--json",
            "-");
        Assert.True(run.ExitCode == 0, run.Error);
        var json = JsonNode.Parse(run.Out)!;
        Assert.Equal(("Findings", "Effusion", 40 * 36), ((string)json["head"]!, (string)json["label"]!, json["values"]!.AsArray().Count));
        var picture = new NetVipsImageDecoder().DecodeFile(output);
        var scale = (384 + 39) / 40;
        Assert.Equal(((2 * 40 * scale) + 16, (36 * scale) + 64, 3), (picture.Width, picture.Height, picture.Channels));
        (await CommandLineRun.Of("explain", image, "--checkpoint", small.Checkpoint, "--label", "Fracture", "--out", output)).AssertRefused(
            "Fracture", "no head");
        (await CommandLineRun.Of(
            "explain", image, "--checkpoint", small.Checkpoint, "--label", "AP", "--head", "Findings", "--out",
            output)).AssertRefused("AP");
    }

    private static (double Trained, double Untrained, double Chance) PointingGame(
        LoadedModel trained, LoadedModel untrained, HeatMapMethod method, int images)
    {
        var options = new ExplanationOptions { Method = method, Head = "PhantomFindings", PatchShare = 0.25 };
        int hits = 0, wild = 0, all = 0;
        double chance = 0;
        foreach (var finding in Localised)
        {
            var label = finding == PhantomFinding.PleuralEffusion ? "Pleural Effusion" : finding.ToString();
            var rendered = new PhantomRadiograph[images];
            Parallel.For(0, images, i => rendered[i] = PhantomPictures.Render((ulong)(1000 + i), finding));
            foreach (var radiograph in rendered)
            {
                var picture = radiograph.Image;
                var source = new PhantomPictures.Picture("phantom", picture);
                var boxes = radiograph.Boxes.Where(b => b.Finding == finding).ToArray();
                bool Hits(LoadedModel model)
                {
                    var map = ArkExplainer.Explain(model, source, picture, label, options, CancellationToken.None);
                    return map.HasEvidence && boxes.Any(b => Contains(b, map.Peak.X, map.Peak.Y));
                }

                hits += Hits(trained) ? 1 : 0;
                wild += Hits(untrained) ? 1 : 0;
                chance += Enumerable.Range(0, picture.Width * picture.Height).Count(p => boxes.Any(b => Contains(
                    b, p % picture.Width, p / picture.Width))) / (double)(picture.Width * picture.Height);
                all++;
            }
        }

        return (hits / (double)all, wild / (double)all, chance / all);
    }

    private static bool Contains(PhantomBox box, int x, int y) =>
        x >= box.X && x < box.X + box.Width && y >= box.Y && y < box.Y + box.Height;

    private static LoadedModel Untrained(TemporaryFolder folder, LoadedModel like)
    {
        using var model = new ArkModel(like.Configuration, new Generator(11));
        Safetensors.Save(
            folder.PathOf("untrained.safetensors"),
            model.state_dict(),
            new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(like.Configuration) });
        return LoadedModel.Load(folder.PathOf("untrained.safetensors"));
    }
}
