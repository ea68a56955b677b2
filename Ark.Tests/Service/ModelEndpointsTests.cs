using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Ark.Inference;
using Ark.Models;
using Ark.Service;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ark.Tests.Service;

/// <summary>The sample service over HTTP.</summary>
public class ModelEndpointsTests(RunningService service) : IClassFixture<RunningService>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Probabilities_are_those_of_the_classifier_whether_sent_as_a_body_or_as_a_form()
    {
        await using var host = service.Small.Host();
        var expected = await host.GetRequiredService<IArkClassifier>().ClassifyAsync(SmallModel.Content(3), Token);
        var raw = await Json(await Post("predictions", SmallModel.Png(3)));
        using var form = new MultipartFormDataContent
        {
            { new StringContent("Doe^Jane"), "patient" }, { new ByteArrayContent(SmallModel.Png(3)), "image", "Doe_Jane.png" }
        };
        var formed = await Json(await service.Client.PostAsync(new Uri("predictions", UriKind.Relative), form, Token));
        Assert.Equal(raw.ToJsonString(), formed.ToJsonString());
        var heads = raw["heads"]!.AsArray();
        Assert.Equal(expected.Heads.Select(h => h.Name), heads.Select(h => (string)h!["name"]!));
        foreach (var (head, json) in expected.Heads.Zip(heads))
        {
            Assert.Equal(head.IsExclusive, (bool)json!["exclusive"]!);
            Assert.All(head.Labels.Zip(json["labels"]!.AsArray()), p =>
            {
                Assert.Equal(p.First.Name, (string)p.Second!["name"]!);
                Assert.Equal(p.First.Probability, (double)p.Second["probability"]!, 1e-6);
                Assert.False((bool)p.Second["calibrated"]!);
            });
        }
    }

    [Theory]
    [InlineData("--b\r\nContent-Disposition: form-data; name=image; filename=a.png\r\n\r\nhalf of a pict")]
    [InlineData("no boundary at all")]
    [InlineData("--b\r\nno header\r\n\r\nx\r\n--b--\r\n")]
    public async Task A_damaged_form_is_the_callers_fault_and_not_the_services(string body)
    {
        using var content = new StringContent(body);
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        using var answer = await service.Client.PostAsync(new Uri("predictions", UriKind.Relative), content, Token);
        Assert.Contains("form", await Refusal(answer, HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embeddings_have_the_dimensions_that_are_asked_for()
    {
        Assert.Equal(192, (await Json(await Post("embeddings", SmallModel.Png(1))))["embedding"]!.AsArray().Count);
        Assert.Equal(24, (int)(await Json(await Post("embeddings?dimensions=24", SmallModel.Png(1))))["dimensions"]!);
        Assert.Contains(
            "192",
            await Refusal(await Post("embeddings?dimensions=1000", SmallModel.Png(1)), HttpStatusCode.UnprocessableEntity),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_heat_map_has_the_shape_of_the_picture_and_an_unknown_label_is_named()
    {
        var map = await Json(await Post("heatmaps?label=Edema", TestPng.Write8(60, 40, TestPng.Grey, TestPng.Noise(60 * 40, 5))));
        Assert.Equal(("Findings", "Edema"), ((string)map["head"]!, (string)map["label"]!));
        Assert.Equal((60, 40, 1), Size((string)map["picture"]!));
        Assert.Equal((60, 40, 4), Size((string)map["overlay"]!));
        Assert.Contains(
            "'Edma'",
            await Refusal(await Post("heatmaps?label=Edma", SmallModel.Png(1)), HttpStatusCode.UnprocessableEntity),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_heat_map_that_is_sent_in_pieces_arrives_whole()
    {
        var pixels = TestPng.Noise(300 * 300, 6);
        using var answer = await Post("heatmaps?label=Edema", TestPng.Write8(300, 300, TestPng.Grey, pixels));
        Assert.True(answer.Content.Headers.ContentLength > 100_000);
        using var picture = Decoded((string)(await Json(answer))["picture"]!);
        Assert.Equal(pixels, picture.WriteToMemory<byte>());
    }

    [Fact]
    public async Task Structures_are_measured_and_drawn_by_the_configured_network_alone()
    {
        using var missing = await Post("structures", SmallModel.Png(1));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Empty((await Json(await service.Client.GetAsync(new Uri("health", UriKind.Relative), Token)))["structures"]!.AsArray());

        var segmenter = Fixture.PathOf("phantom_segmenter", "segmenter.pth.tar");
        var (app, client) = await RunningService.StartAsync(
            [], $"--Ark:Model:Checkpoint={service.Small.Checkpoint}", $"--Ark:Segmenter:Checkpoint={segmenter}");
        await using (app)
        using (client)
        {
            using var picture = new ByteArrayContent(await client.GetByteArrayAsync(new Uri("phantom", UriKind.Relative), Token));
            var found = await Json(await client.PostAsync(new Uri("structures", UriKind.Relative), picture, Token));
            var structures = found["structures"]!.AsArray();
            Assert.Equal(["lungs", "heart", "clavicles", "ribs"], structures.Select(s => (string)s!["name"]!));
            Assert.Equal(4, structures.Select(s => (string)s!["colour"]!).Distinct(StringComparer.Ordinal).Count());
            Assert.InRange((double)structures[0]!["share"]!, 0.15, 0.6);
            Assert.InRange((double)found["cardiothoracicRatio"]!, 0.3, 0.7);
            var (width, height, _) = Size((string)found["picture"]!);
            Assert.Equal((width, height, 3), Size((string)found["overlay"]!));
            using var nothing = new ByteArrayContent("no picture"u8.ToArray());
            Assert.Contains("not an image", await Refusal(
                await client.PostAsync(new Uri("structures", UriKind.Relative), nothing, Token),
                HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("predictions")]
    [InlineData("embeddings")]
    [InlineData("heatmaps?label=Edema")]
    public async Task What_is_no_picture_is_refused_in_words(string path)
    {
        Assert.Contains(
            "not an image",
            await Refusal(await Post(path, Encoding.UTF8.GetBytes("Dear colleague, ...")), HttpStatusCode.UnprocessableEntity),
            StringComparison.Ordinal);
        Assert.Contains("no picture", await Refusal(await Post(path, []), HttpStatusCode.BadRequest), StringComparison.Ordinal);
        Assert.Contains(
            "damaged",
            await Refusal(await Post(path, SmallModel.Png(1)[..200]), HttpStatusCode.UnprocessableEntity),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("embeddings?dimensions=0", "dimensions")]
    [InlineData("embeddings?dimensions=-24", "dimensions")]
    [InlineData("embeddings?dimensions=abc", "dimensions")]
    [InlineData("heatmaps", "label")]
    [InlineData("heatmaps?label=", "label")]
    public async Task Queries_that_cannot_be_read_are_refused_in_words(string path, string word) =>
        Assert.Contains(word, await Refusal(await Post(path, SmallModel.Png(1)), HttpStatusCode.BadRequest), StringComparison.Ordinal);

    [Fact]
    public async Task Types_without_a_picture_addresses_that_there_are_not_and_other_methods_are_refused_in_words()
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("image", "none")]);
        using var refused = await service.Client.PostAsync(new Uri("predictions", UriKind.Relative), form, Token);
        Assert.Contains("multipart form", await Refusal(refused, HttpStatusCode.UnsupportedMediaType), StringComparison.Ordinal);
        Assert.Equal("nosniff", refused.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("no such address", await Refusal(await Post("nothing", []), HttpStatusCode.NotFound), StringComparison.Ordinal);
        Assert.Contains(
            "method",
            await Refusal(await service.Client.GetAsync(new Uri("predictions", UriKind.Relative), Token), HttpStatusCode.MethodNotAllowed),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_that_nobody_foresaw_is_answered_in_words_and_with_the_same_headers()
    {
        await using var app = ServiceHost.Build(
            ["--Urls=http://127.0.0.1:0", $"--Ark:Model:Checkpoint={service.Small.Checkpoint}"],
            builder => builder.Logging.ClearProviders());
        app.MapGet("/broken", string () => throw new InvalidOperationException("Doe^Jane"));
        await app.StartAsync(Token);
        using var client = new HttpClient();
        using var failed = await client.GetAsync(new Uri(new Uri(app.Urls.Single()), "broken"), Token);
        Assert.Equal("The service failed; its log says how.", await Refusal(failed, HttpStatusCode.InternalServerError));
        Assert.Equal("nosniff", failed.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task A_picture_may_be_sent_as_a_gif()
    {
        // One white pixel.
        using var content = new ByteArrayContent(Convert.FromBase64String("R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs="));
        content.Headers.ContentType = new MediaTypeHeaderValue("image/gif");
        Assert.Equal(3, (await Json(await service.Client.PostAsync(new Uri("predictions", UriKind.Relative), content, Token)))[
            "heads"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_bomb_of_a_hundred_megapixels_is_refused_by_its_size()
    {
        var row = new byte[1250];
        var bomb = TestPng.Write(10_000, 10_000, TestPng.Grey, 1, [.. Enumerable.Repeat(row, 10_000)]);
        Assert.InRange(bomb.Length, 1, 200_000);
        Assert.Contains(
            "10000x10000", await Refusal(await Post("predictions", bomb), HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sixty_megabytes_are_refused_with_or_without_a_declared_length(bool chunked)
    {
        using var content = new ByteArrayContent(new byte[60 << 20]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "predictions") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        Assert.Contains(
            "50 MB",
            await Refusal(await service.Client.SendAsync(request, Token), HttpStatusCode.RequestEntityTooLarge),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fifty_uploads_at_once_are_answered_alike()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(async i => Probabilities(await Json(await Post("predictions", SmallModel.Png(i % 2))))));
        // Without the fast path an answer depends a little on who shares the batch.
        var tolerance = KernelWidth.IsSupported ? 0 : 1e-5;
        for (var i = 2; i < answers.Length; i++)
            Assert.All(answers[i].Zip(answers[i % 2]), p => Assert.Equal(p.Second, p.First, tolerance));
        Assert.NotEqual(answers[0], answers[1]);
    }

    [Fact]
    public async Task Neither_names_nor_queries_are_logged()
    {
        using var content = new ByteArrayContent("Doe^Jane 1970"u8.ToArray());
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = "Doe_Jane.png" };
        using var refused = await service.Client.PostAsync(new Uri("predictions?patient=Doe_Jane", UriKind.Relative), content, Token);
        Assert.Contains(service.Log, l => l.StartsWith("Predict refused (422) after", StringComparison.Ordinal)
            && l.Contains("not an image", StringComparison.Ordinal));
        using var unknown = await Post("heatmaps?label=Doe_Jane", SmallModel.Png(1));
        Assert.Contains(service.Log, l => l.StartsWith("Explain refused (422) after", StringComparison.Ordinal)
            && l.Contains("trained on it", StringComparison.Ordinal));
        Assert.DoesNotContain(service.Log, l => l.Contains("Doe", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Callers_beyond_the_queue_are_turned_away_in_words()
    {
        var (app, client) = await RunningService.StartAsync(
            [],
            $"--Ark:Model:Checkpoint={service.Small.Checkpoint}",
            "--Service:MaxConcurrentUploads=1",
            "--Service:MinUploadBytesPerSecond=0",
            "--Service:QueueLength=0",
            "--Service:Timeout=00:05:00");
        await using (app)
        using (client)
        {
            using var endless = new TcpClient();
            _ = await UploadWithoutEnd(endless, client);
            using var content = new ByteArrayContent(SmallModel.Png(1));
            using var turnedAway = await client.PostAsync(new Uri("predictions", UriKind.Relative), content, Token);
            Assert.Contains("waiting", await Refusal(turnedAway, HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_answer_beyond_the_time_is_given_up_in_words()
    {
        var (app, client) = await RunningService.StartAsync(
            [], $"--Ark:Model:Checkpoint={service.Small.Checkpoint}", "--Service:Timeout=00:00:00.100");
        await using (app)
        using (client)
        {
            using var endless = new TcpClient();
            await ReadUntil(await UploadWithoutEnd(endless, client, asked: false), "took too long");
        }
    }

    [Fact]
    public async Task Uploads_that_do_not_end_take_no_turn_from_others()
    {
        var (app, client) = await RunningService.StartAsync(
            [],
            $"--Ark:Model:Checkpoint={service.Small.Checkpoint}",
            "--Service:MaxConcurrency=1",
            "--Service:MaxConcurrentUploads=3",
            "--Service:MinUploadBytesPerSecond=0",
            "--Service:QueueLength=0",
            "--Service:Timeout=00:05:00");
        await using (app)
        using (client)
        {
            using var first = new TcpClient();
            using var second = new TcpClient();
            _ = await UploadWithoutEnd(first, client);
            _ = await UploadWithoutEnd(second, client);
            for (var i = 0; i < 3; i++)
            {
                using var content = new ByteArrayContent(SmallModel.Png(1));
                using var answer = await client.PostAsync(new Uri("predictions", UriKind.Relative), content, Token);
                Assert.Equal(3, (await Json(answer))["heads"]!.AsArray().Count);
            }
        }
    }

    [Fact]
    public async Task An_upload_that_comes_too_slowly_is_given_up_in_words()
    {
        var (app, client) = await RunningService.StartAsync(
            [], $"--Ark:Model:Checkpoint={service.Small.Checkpoint}", "--Service:UploadGracePeriod=00:00:02");
        await using (app)
        using (client)
        {
            using var endless = new TcpClient();
            var stream = await UploadWithoutEnd(endless, client);
            await ReadUntil(stream, "slower than 50000 bytes a second");
        }
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFFF")]
    [InlineData("FFFFFFFF")]
    [InlineData("-1")]
    [InlineData("zz")]
    public async Task A_chunk_whose_size_is_none_is_the_callers_fault(string size)
    {
        using var caller = new TcpClient();
        var stream = await Begin(caller, service.Client, "Content-Type: image/png\r\nTransfer-Encoding: chunked");
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{size}\r\nx\r\n0\r\n\r\n"), Token);
        await ReadUntil(stream, "\"status\":400,\"detail\":\"");
    }

    [Theory]
    [InlineData("--b\r\nContent-Disposition: form-data; name=text\r\n\r\n", "x")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=text\r\nX-Long: ", "x")]
    [InlineData("", "--b\r\nContent-Disposition: form-data; name=text\r\n\r\n\r\n")]
    public async Task What_a_form_has_beside_its_file_is_limited_by_two_megabytes(string begin, string repeated)
    {
        using var caller = new TcpClient();
        var stream = await Begin(
            caller, service.Client, "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked");
        var piece = string.Concat(Enumerable.Repeat(repeated, (1 << 20) / repeated.Length));
        await SendChunk(begin + piece);
        await SendChunk(piece);
        await SendChunk(piece);
        // Not the end: the answer comes without it.
        await ReadUntil(stream, "larger than 2 MB");

        async Task SendChunk(string text) =>
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{text.Length:x}\r\n{text}\r\n"), Token);
    }

    [Fact]
    public async Task A_calibration_file_marks_and_corrects_its_labels()
    {
        var head = new HeadCalibration(
            "View", CalibrationMethod.Temperature, LabelTask.Binary, [new LabelCalibration { Name = "AP", Temperature = 2, Offset = -1 }]);
        var path = service.Small.PathOf("calibration.json");
        new Calibration(service.Small.Checkpoint, ModelRole.Teacher, [head]).Save(path);
        var (app, client) = await RunningService.StartAsync(
            [], $"--Ark:Model:Checkpoint={service.Small.Checkpoint}", $"--Ark:Model:Calibration={path}");
        await using (app)
        using (client)
        {
            var plain = (double)(await Json(await Post("predictions", SmallModel.Png(1))))["heads"]![2]!["labels"]![0]!["probability"]!;
            using var answer = await client.PostAsync(
                new Uri("predictions", UriKind.Relative), new ByteArrayContent(SmallModel.Png(1)), Token);
            var label = (await Json(answer))["heads"]![2]!["labels"]![0]!;
            Assert.True((bool)label["calibrated"]!);
            Assert.Equal(1 / (1 + Math.Exp(1 - (Math.Log(plain / (1 - plain)) / 2))), (double)label["probability"]!, 1e-5);
        }
    }

    [Fact]
    public async Task Health_names_heads_and_the_description_names_every_endpoint()
    {
        var health = JsonNode.Parse(await service.Client.GetStringAsync(new Uri("health", UriKind.Relative), Token))!;
        Assert.Equal("healthy", (string)health["status"]!);
        Assert.False((bool)health["demonstration"]!);
        Assert.Equal("Edema", (string)health["heads"]!["Findings"]![1]!);
        var description = JsonNode.Parse(await service.Client.GetStringAsync(new Uri("openapi/v1.json", UriKind.Relative), Token))!;
        Assert.Equal(
            ["/embeddings", "/health", "/heatmaps", "/phantom", "/predictions"],
            description["paths"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_page_loads_nothing_from_elsewhere()
    {
        using var page = await service.Client.GetAsync(new Uri("/", UriKind.Relative), Token);
        Assert.Contains("default-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach (var name in (string[])["index.html", "style.css", "app.js"])
            Assert.DoesNotMatch("https?://", await service.Client.GetStringAsync(new Uri(name, UriKind.Relative), Token));
    }

    [Fact]
    public async Task Without_a_checkpoint_the_phantom_model_is_served_and_a_wrong_one_is_named()
    {
        await using var missing = ServiceHost.Build(
            ["--Urls=http://127.0.0.1:0", "--Ark:Model:Checkpoint=nowhere.pth.tar"], builder => builder.Logging.ClearProviders());
        var refused = await Assert.ThrowsAsync<ArkInputException>(() => missing.StartAsync(Token));
        Assert.StartsWith(
            "model 'chest' (section Ark:Model), key 'Checkpoint', nowhere.pth.tar: ", refused.Message, StringComparison.Ordinal);
        await using var app = ServiceHost.Build([]);
        Assert.True(ServiceHost.IsDemonstration(app.Services.GetRequiredKeyedService<LoadedModel>(ServiceHost.ModelName)));
    }

    private async Task<HttpResponseMessage> Post(string path, byte[] body) =>
        await service.Client.PostAsync(new Uri(path, UriKind.Relative), new ByteArrayContent(body), Token);

    // The server asks for the upload, which never comes, when it has a place for it, and its time is not over by then.
    private static async Task<NetworkStream> UploadWithoutEnd(TcpClient caller, HttpClient client, bool asked = true)
    {
        var stream = await Begin(caller, client, "Content-Length: 1000\r\nExpect: 100-continue");
        if (asked) await ReadUntil(stream, "100 Continue");
        return stream;
    }

    private static async Task<NetworkStream> Begin(TcpClient caller, HttpClient client, string headers)
    {
        await caller.ConnectAsync(IPAddress.Loopback, client.BaseAddress!.Port, Token);
        var stream = caller.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /predictions HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n"), Token);
        return stream;
    }

    private static double[] Probabilities(JsonNode answer) =>
        [.. answer["heads"]!.AsArray().SelectMany(h => h!["labels"]!.AsArray()).Select(l => (double)l!["probability"]!)];

    private static async Task<JsonNode> Json(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static async Task<string> Refusal(HttpResponseMessage answer, HttpStatusCode status)
    {
        Assert.Equal(status, answer.StatusCode);
        var detail = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!["detail"]!;
        Assert.EndsWith(".", detail, StringComparison.Ordinal);
        return detail;
    }

    private static (int Width, int Height, int Channels) Size(string dataUrl)
    {
        using var image = Decoded(dataUrl);
        return (image.Width, image.Height, image.Bands);
    }

    private static NetVips.Image Decoded(string dataUrl) =>
        NetVips.Image.NewFromBuffer(Convert.FromBase64String(dataUrl["data:image/png;base64,".Length..]));

    private static async Task ReadUntil(NetworkStream stream, string words)
    {
        var (seen, buffer) = (new StringBuilder(), new byte[4096]);
        while (!seen.ToString().Contains(words, StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, Token);
            Assert.True(read > 0, $"the connection ended after: {seen}");
            seen.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
    }
}
