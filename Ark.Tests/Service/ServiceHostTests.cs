using System.Net;
using Ark.Service;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using YamlDotNet.RepresentationModel;

namespace Ark.Tests.Service;

/// <summary>What whoever runs the service sees of it: health, metrics, and what a wrong configuration says.</summary>
public class ServiceHostTests(RunningService service) : IClassFixture<RunningService>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_service_is_alive_and_ready_when_its_model_has_answered_once()
    {
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await Get(service.Client, ModelEndpoints.LivePath));
        Assert.Equal((HttpStatusCode.OK, "ready"), await Get(service.Client, ModelEndpoints.ReadyPath));
        Assert.Contains(service.Log, l => l.StartsWith("The model chest is ready: loaded, and run once", StringComparison.Ordinal));
        Assert.Contains(service.Log, l => l.StartsWith(
            $"The model chest was loaded from {service.Small.Checkpoint}: swin_mini",
            StringComparison.Ordinal) && l.Contains(" at 32, fp32, ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_that_is_loaded_beside_the_service_and_cannot_be_leaves_it_alive_and_not_ready()
    {
        var (app, client) = await RunningService.StartAsync(
            [], "--Ark:Model:Checkpoint=nowhere.pth.tar", "--Ark:Model:Loading=InBackground");
        await using (app)
        using (client)
        {
            (HttpStatusCode Status, string Body) ready;
            do ready = await Get(client, ModelEndpoints.ReadyPath);
            while (ready.Body.Contains("is being loaded", StringComparison.Ordinal));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.Status);
            Assert.Contains("model 'chest' (section Ark:Model), key 'Checkpoint', nowhere.pth.tar", ready.Body, StringComparison.Ordinal);
            Assert.Equal((HttpStatusCode.OK, "Healthy"), await Get(client, ModelEndpoints.LivePath));
            using var content = new ByteArrayContent(SmallModel.Png(1));
            using var early = await client.PostAsync(new Uri("predictions", UriKind.Relative), content, Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
            Assert.Contains("not ready", await early.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Metrics_count_images_by_outcome_for_Prometheus()
    {
        var (app, client) = await RunningService.StartAsync([], $"--Ark:Model:Checkpoint={service.Small.Checkpoint}");
        await using (app)
        using (client)
        {
            foreach (var picture in (byte[][])[SmallModel.Png(1), SmallModel.Png(2), "no picture"u8.ToArray()])
            {
                using var content = new ByteArrayContent(picture);
                using var answer = await client.PostAsync(new Uri("predictions", UriKind.Relative), content, Token);
            }

            var lines = (await Get(client, ModelEndpoints.MetricsPath)).Body.Split('\n');
            // Services of other tests are counted too, so how many there are is tested elsewhere.
            void Counted(string name, string tag) =>
                Assert.NotEqual("0", Assert.Single(lines, l => l.StartsWith(name + "{", StringComparison.Ordinal)
                    && l.Contains("ark_model=\"chest\"", StringComparison.Ordinal)
                    && l.Contains(tag, StringComparison.Ordinal)).Split(' ')[1]);
            Counted("ark_serving_images_total", "ark_outcome=\"answered\"");
            Counted("ark_serving_images_total", "ark_outcome=\"refused\"");
            Counted("ark_serving_request_duration_seconds_count", "ark_outcome=\"answered\"");
            Counted("ark_serving_wait_duration_seconds_count", "");
            Counted("ark_serving_batch_size_count", "");
            Assert.Contains(lines, l => l.StartsWith("ark_serving_queue_length{", StringComparison.Ordinal));
            Assert.Contains(lines, l => l.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("Ark:Model:Chekpoint", "Ark:Model", "'Chekpoint'", "'Checkpoint'")]
    [InlineData("Ark:Segmenter:Strech", "Ark:Segmenter", "'Strech'", "'Stretch'")]
    [InlineData("Service:MaxPixel", "Service", "'MaxPixel'", "MaxPixels")]
    [InlineData("Ark:Devise", "Ark", "'Devise'", "Device")]
    [InlineData("Ark:Modle:Checkpoint", "Ark", "'Modle'", "Model")]
    [InlineData("Ark:Model:Precision", "Ark:Model", "Precision", "'x'")]
    public async Task A_misspelt_key_ends_the_start_and_is_named(string key, string section, string word, string meant)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var app = ServiceHost.Build(
                ["--Urls=http://127.0.0.1:0", $"--Ark:Model:Checkpoint={service.Small.Checkpoint}", $"--{key}=x"],
                builder => builder.Logging.ClearProviders());
            await app.StartAsync(Token);
        });
        Assert.True(refused is ArkInputException or OptionsValidationException, refused.ToString());
        Assert.All((string[])[section, word, meant], w => Assert.Contains(w, refused.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("UploadGracePeriod", "00:00:01")]
    [InlineData("MinUploadBytesPerSecond", "-1")]
    [InlineData("MaxUploadBytes", "-10000000")]
    [InlineData("MaxConcurrentUploads", "0")]
    public async Task A_limit_out_of_range_ends_the_start_and_is_named(string key, string value)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var app = ServiceHost.Build(
                ["--Urls=http://127.0.0.1:0", $"--Ark:Model:Checkpoint={service.Small.Checkpoint}", $"--Service:{key}={value}"],
                builder => builder.Logging.ClearProviders());
            await app.StartAsync(Token);
        });
        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_files_for_containers_name_ports_paths_and_keys_that_the_service_has()
    {
        var compose = Yaml("compose.yaml");
        var ark = (YamlMappingNode)compose["services"]["ark"];
        var docker = File.ReadAllLines(PathOf("Dockerfile"));
        var port = Assert.Single(docker, l => l.StartsWith("EXPOSE ", StringComparison.Ordinal))["EXPOSE ".Length..];
        Assert.Contains(docker, l => l.Contains($"Urls=http://0.0.0.0:{port} ", StringComparison.Ordinal));
        Assert.Contains(docker, l => l.StartsWith("HEALTHCHECK", StringComparison.Ordinal)
            && l.Contains($":{port}{ModelEndpoints.ReadyPath}\"", StringComparison.Ordinal));
        Assert.Contains(docker, l => l.StartsWith("USER ", StringComparison.Ordinal));
        Assert.Equal(
            typeof(ServiceHost).Assembly.GetName().Name + ".dll",
            Assert.Single(docker, l => l.StartsWith("ENTRYPOINT", StringComparison.Ordinal)).Split('"')[3]);
        Assert.Equal($"127.0.0.1:{port}:{port}", (string?)ark["ports"][0]);
        Assert.Equal("true", (string?)ark["read_only"]);
        Assert.Equal("/tmp", (string?)ark["tmpfs"][0]);
        Assert.Equal(
            ServiceHost.ModelSection + ":Checkpoint",
            ((YamlMappingNode)ark["environment"]).Children.Single().Key.ToString().Replace("__", ":", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(PathOf(""), (string)ark["build"]["context"]!, (string)ark["build"]["dockerfile"]!)));
        var scrape = Yaml("prometheus.yml")["scrape_configs"][0];
        Assert.Equal(ModelEndpoints.MetricsPath, (string?)scrape["metrics_path"]);
        Assert.Equal($"ark:{port}", (string?)scrape["static_configs"][0]["targets"][0]);
    }

    private static string PathOf(string name) => Path.Combine(Fixture.Repository, "samples", "Ark.Service", name);

    private static YamlNode Yaml(string name)
    {
        using var reader = File.OpenText(PathOf(name));
        var stream = new YamlStream();
        stream.Load(reader);
        return stream.Documents.Single().RootNode;
    }

    private static async Task<(HttpStatusCode Status, string Body)> Get(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), Token);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }
}
