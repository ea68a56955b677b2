using System.Globalization;
using Ark.Inference;
using Ark.Phantom;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Ark.Service;

/// <summary>What the service answers.</summary>
internal static class ModelEndpoints
{
    public const string Reading = "reading";
    public const string Explaining = "explaining";

    public const string LivePath = "/health/live";
    public const string ReadyPath = "/health/ready";
    public const string MetricsPath = "/metrics";

    /// <summary>What every upload is called: its own name may be a patient's.</summary>
    public const string ImageName = "the upload";

    private static readonly string[] Types =
    [
        "image/jpeg", "image/tiff", "image/webp", "image/bmp", "image/gif", "application/dicom", "application/octet-stream",
        "multipart/form-data"
    ];

    // The same for everyone, and too dear to be drawn whenever somebody asks.
    private static readonly Lazy<byte[]> Rendered =
        new(() => Pictures.Png(
            PhantomGenerator.Render(7, new PhantomOptions { Patient = 12, Findings = [PhantomFinding.Pneumothorax] }).Image));

    public static void MapModel(this WebApplication app)
    {
        Upload(app, "/embeddings", EmbedAsync, Reading, "Embed")
            .Produces<EmbeddingAnswer>()
            .WithSummary("The embedding of a radiograph; ?dimensions=N chooses pooled or projected features.");
        Upload(app, "/predictions", PredictAsync, Reading, "Predict")
            .Produces<PredictionAnswer>()
            .WithSummary("The probability of every label of every head.");
        Upload(app, "/heatmaps", ExplainAsync, Explaining, "Explain")
            .AddEndpointFilter<PiecewiseFilter>()
            .Produces<HeatMapAnswer>()
            .WithSummary("Where a label is seen; ?label=NAME, and ?head=NAME where several heads know it.");
        // Where no network is configured there is no such address: health says so.
        if (ServiceHost.HasSegmenter(app))
            Upload(app, "/structures", OutlineAsync, Explaining, "Outline")
                .AddEndpointFilter<PiecewiseFilter>()
                .Produces<StructuresAnswer>()
                .WithSummary("Lungs, heart, clavicles, ribs: where they are and how large, whatever the segmentation network finds.");
        app.MapHealthChecks(LivePath, new HealthCheckOptions { Predicate = _ => false }).DisableHttpMetrics();
        app.MapHealthChecks(ReadyPath, new HealthCheckOptions { ResponseWriter = WriteReadiness }).DisableHttpMetrics();
        app.MapPrometheusScrapingEndpoint(MetricsPath).DisableHttpMetrics();
        app.MapGet("/health", Health).WithName("Health").WithMetadata(new NeedsModels()).Produces<HealthAnswer>().WithSummary(
            "Whether the model is there, its heads and labels.");
        app.MapGet("/phantom", Phantom).WithName("Phantom").Produces(200, contentType: "image/png").WithSummary(
            "A rendered radiograph to try the service with; nobody's picture.");
    }

    private static RouteHandlerBuilder Upload(WebApplication app, string path, Delegate handler, string limit, string name) =>
        app.MapPost(path, handler).WithName(name).Accepts<byte[]>("image/png", Types).ProducesProblem(400).ProducesProblem(
            408).ProducesProblem(413).ProducesProblem(415).ProducesProblem(422).ProducesProblem(503)
            .WithMetadata(new NeedsModels()).RequireRateLimiting(limit).AddEndpointFilter<RefusalFilter>();

    private static async Task<EmbeddingAnswer> EmbedAsync(
        HttpRequest request, string? dimensions,
        [FromKeyedServices(ServiceHost.ModelName)] IEmbeddingGenerator<DataContent, Embedding<float>> generator,
        UploadQueue uploads, CancellationToken cancellationToken)
    {
        var options = new EmbeddingGenerationOptions { Dimensions = Dimensions(dimensions) };
        using var upload = await uploads.TakeAsync(request, Reading, cancellationToken);
        var image = new DataContent(upload.Bytes, "application/octet-stream") { Name = ImageName };
        var vector = (await generator.GenerateVectorAsync(image, options, cancellationToken)).ToArray();
        return new EmbeddingAnswer(ServiceHost.ModelName, vector.Length, vector);
    }

    private static async Task<PredictionAnswer> PredictAsync(
        HttpRequest request, [FromKeyedServices(ServiceHost.ModelName)] IArkClassifier classifier, UploadQueue uploads,
        CancellationToken cancellationToken)
    {
        using var upload = await uploads.TakeAsync(request, Reading, cancellationToken);
        var image = new EncodedImage(upload.Bytes, ImageName);
        var prediction = await classifier.ClassifyAsync(image, cancellationToken);
        return new PredictionAnswer([.. prediction.Heads.Select(h =>
            new HeadAnswer(h.Name, h.IsExclusive, [.. h.Labels.Select(l => new LabelAnswer(l.Name, l.Probability, l.IsCalibrated))]))]);
    }

    private static async Task<HeatMapAnswer> ExplainAsync(
        HttpRequest request, string? label, string? head, ArkExplainer explainer,
        [FromKeyedServices(ServiceHost.ModelName)] LoadedModel model, UploadQueue uploads, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(label))
            throw new UploadException(
                StatusCodes.Status400BadRequest, "The query names no label. Give one (?label=NAME); /health lists them.");
        var options = new ExplanationOptions { Head = string.IsNullOrWhiteSpace(head) ? null : head };
        using var upload = await uploads.TakeAsync(request, Explaining, cancellationToken);
        var picture = new DecodedImage(upload.Bytes);
        var map = await explainer.ExplainAsync(model, picture, label, options, cancellationToken);
        return new HeatMapAnswer(
            map.Head,
            map.Label,
            map.HasEvidence,
            Pictures.DataUrl(Pictures.Small(picture.Raster)),
            Pictures.DataUrl(Pictures.Overlay(map)));
    }

    private static async Task<StructuresAnswer> OutlineAsync(
        HttpRequest request, IArkSegmenter segmenter, UploadQueue uploads, CancellationToken cancellationToken)
    {
        using var upload = await uploads.TakeAsync(request, Explaining, cancellationToken);
        var picture = new DecodedImage(upload.Bytes);
        var found = await segmenter.SegmentAsync(picture, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return new StructuresAnswer(
            found.Measurements.CardiothoracicRatio,
            [.. found.Measurements.Areas.Select(a => new StructureAnswer(a.Name, a.Share, found.Color(a.Name)))],
            Pictures.DataUrl(Pictures.Small(picture.Raster)),
            Pictures.DataUrl(Pictures.Small(found.Overlay())));
    }

    private static HealthAnswer Health(
        [FromKeyedServices(ServiceHost.ModelName)] IArkClassifier classifier, [FromKeyedServices(ServiceHost.ModelName)] LoadedModel model,
        IServiceProvider services, IOptions<ServiceLimits> limits) =>
        new(
            "healthy",
            ServiceHost.IsDemonstration(model),
            limits.Value.MaxUploadBytes,
            classifier.Heads.ToDictionary(h => h.Name, h => h.Labels.Names),
            services.GetService<IArkSegmenter>()?.Structures ?? []);

    private static Task WriteReadiness(HttpContext context, HealthReport report) =>
        context.Response.WriteAsync(string.Join("; ", report.Entries.Values.Select(e => e.Description).Where(d => d is not null).Prepend(
            report.Status == HealthStatus.Healthy ? "ready" : "not ready")));

    private static IResult Phantom() => Results.File(Rendered.Value, "image/png");

    // Query values are read here and not by the framework, which refuses without a word.
    private static int? Dimensions(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var dimensions) && dimensions > 0) return dimensions;
        throw new UploadException(
            StatusCodes.Status400BadRequest,
            "The query's 'dimensions' is no whole number from 1. Give another, or leave it out for the model's own.");
    }
}
