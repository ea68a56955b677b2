using System.Threading.RateLimiting;
using Ark.Data;
using Ark.Inference;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;

namespace Ark.Service;

/// <summary>Puts the service together.</summary>
internal static partial class ServiceHost
{
    private const string LogCategory = "Ark.Service.ServiceHost";

    /// <summary>The model's key in the container.</summary>
    public const string ModelName = "chest";

    /// <summary>
    /// The configuration section of the model: <c>Checkpoint</c>, <c>Calibration</c>, and what else <see cref="ArkModelOptions"/> has.
    /// </summary>
    public const string ModelSection = "Ark:Model";

    /// <summary>The configuration section of the segmentation network: the keys of <see cref="ArkSegmenterOptions"/>.</summary>
    public const string SegmenterSection = "Ark:Segmenter";

    private static readonly string PhantomTeacher = Path.Combine(AppContext.BaseDirectory, "phantom-teacher.safetensors");
    private static readonly string PhantomSegmenter = Path.Combine(AppContext.BaseDirectory, "phantom-segmenter.pth.tar");

    /// <summary>Builds the service.</summary>
    /// <param name="args">The command line; <c>--Ark:Model:Checkpoint FILE</c> and every other setting.</param>
    /// <param name="configure">Changes the host last, for tests.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The page and the settings lie beside the program, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        CheckSections(builder.Configuration);
        var limits = ServiceLimits.Of(builder.Configuration);
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            // What is beyond it UploadReader turns into words.
            o.Limits.MaxRequestBodySize = UploadReader.MaxBodyBytes(limits);
            // The time in which an upload is not read, because it waits for its turn or for room, is not counted.
            o.Limits.MinRequestBodyDataRate = limits.MinUploadBytesPerSecond == 0
                ? null
                : new MinDataRate(limits.MinUploadBytesPerSecond, limits.UploadGracePeriod);
            // Of an upload that waits for its turn nothing more is read ahead.
            o.Limits.MaxRequestBufferSize = 64 << 10;
        });
        AddModel(builder, limits);
        AddLimits(builder, limits);
        AddTelemetry(builder);
        builder.Services.AddOpenApi();
        builder.Services.AddProblemDetails(o => o.CustomizeProblemDetails = c => c.ProblemDetails.Detail ??= Sentence(
            c.ProblemDetails.Status));
        configure?.Invoke(builder);
        var app = builder.Build();
        app.Use(Headers);
        // What routing turns away, and what nobody foresaw, is answered in words too.
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseDefaultFiles();
        app.UseStaticFiles();
        app.UseRequestTimeouts();
        app.UseRouting();
        app.Use(AfterLoading);
        app.UseRateLimiter();
        app.MapOpenApi();
        app.MapModel();
        return app;
    }

    /// <summary>Whether a segmentation network is configured.</summary>
    public static bool HasSegmenter(IHost app) =>
        app.Services.GetRequiredService<IServiceProviderIsService>().IsService(typeof(IArkSegmenter));

    public static bool IsDemonstration(LoadedModel model) => model.Checkpoint == PhantomTeacher;

    private static void AddModel(WebApplicationBuilder builder, ServiceLimits limits)
    {
        builder.Services.AddSingleton<IImageDecoder>(
            new NetVipsImageDecoder(new ImageDecoderOptions { MaxBytes = limits.MaxUploadBytes, MaxPixels = limits.MaxPixels }));
        var section = builder.Configuration.GetSection(ModelSection);
        var segmenter = builder.Configuration.GetSection(SegmenterSection);
        if (string.IsNullOrEmpty(section["Checkpoint"]))
        {
            section["Checkpoint"] = PhantomTeacher;
            // Only beside the other demonstration network: next to a real one it would be taken for real.
            if (string.IsNullOrEmpty(segmenter["Checkpoint"])) segmenter["Checkpoint"] = PhantomSegmenter;
        }

        // Before it listens, unless told otherwise.
        section[nameof(ArkModelOptions.Loading)] ??= nameof(ModelLoading.AtStart);
        if (segmenter.Exists()) segmenter[nameof(ArkSegmenterOptions.Loading)] ??= section[nameof(ArkModelOptions.Loading)];
        // This process does nothing else: what pictures took goes back, unless the configuration says otherwise.
        var ark = builder.Services.AddArk(o =>
        {
            var shared = builder.Configuration.GetSection(ArkOptions.SectionName);
            if (shared[nameof(ArkOptions.ReturnMemory)] is null) o.ReturnMemory = true;
            if (shared[nameof(ArkOptions.MaxDecodingBytes)] is null) o.MaxDecodingBytes = 128 << 20;
        }).AddModel(ModelName, section);
        if (segmenter.Exists()) ark.AddSegmenter(ModelName, segmenter);
    }

    private static void AddLimits(WebApplicationBuilder builder, ServiceLimits limits)
    {
        builder.Services.AddSingleton(Options.Create(limits));
        builder.Services.AddRequestTimeouts(o => o.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = limits.Timeout,
            TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
            WriteTimeoutResponse = context => Answer(context, "The answer took too long. Try again later."),
        });
        builder.Services.AddSingleton<UploadQueue>();
        builder.Services.AddRateLimiter(o =>
        {
            o.RejectionStatusCode = StatusCodes.Status503ServiceUnavailable;
            o.OnRejected = (context, _) => new ValueTask(Answer(context.HttpContext, "Too many callers are waiting. Try again later."));
            AddConcurrency(o, ModelEndpoints.Reading, limits.MaxConcurrentUploads, limits.QueueLength);
            AddConcurrency(o, ModelEndpoints.Explaining, limits.MaxConcurrentUploads, limits.QueueLength);
        });
    }

    // Models answer for their own keys; here are the names that this program gives.
    private static void CheckSections(IConfiguration configuration)
    {
        Check(
            configuration.GetSection(ArkOptions.SectionName),
            [.. typeof(ArkOptions).GetProperties().Select(p => p.Name), "Model", "Segmenter"]);
        Check(configuration.GetSection(ServiceLimits.SectionName), [.. typeof(ServiceLimits).GetProperties().Select(p => p.Name)]);

        static void Check(IConfigurationSection section, string[] known)
        {
            if (section.GetChildren().FirstOrDefault(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)) is not { } unknown)
                return;
            throw new ArkInputException(
                "configuration",
                $"section '{section.Path}'",
                $"there is no key '{unknown.Key}'",
                $"There are: {string.Join(", ", known)}.");
        }
    }

    private static void AddTelemetry(WebApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddCheck<ArkModelHealthCheck>("models");
        builder.Services.AddOpenTelemetry().WithMetrics(m => m
            .AddMeter(
                ArkDiagnostics.MeterName,
                "Microsoft.AspNetCore.Hosting",
                "Microsoft.AspNetCore.Server.Kestrel",
                "Microsoft.AspNetCore.RateLimiting",
                "System.Runtime")
            .AddPrometheusExporter());
    }

    // Whoever asks too early is told so, and holds no thread until the models are there.
    private static Task AfterLoading(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<NeedsModels>() is null
            || context.RequestServices.GetRequiredService<ArkModelHealthCheck>().IsReady
            ? next(context)
            : Answer(context, "The model is not ready yet. Try again later.");

    private static void AddConcurrency(
        Microsoft.AspNetCore.RateLimiting.RateLimiterOptions options, string policy, int permits, int queue) =>
        options.AddPolicy(policy, _ => RateLimitPartition.GetConcurrencyLimiter(policy, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = permits,
            QueueLimit = queue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }));

    private static Task Answer(HttpContext context, string detail)
    {
        context.Response.Headers.RetryAfter = "5";
        var operation = context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "request";
        var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(LogCategory);
        LogTurnedAway(logger, operation, StatusCodes.Status503ServiceUnavailable, detail);
        return Results.Problem(detail, statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
    }

    // Whoever is turned away here never reaches the filter that logs the others.
    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "{Operation}: refused ({Status}): {Reason}")]
    private static partial void LogTurnedAway(ILogger logger, string operation, int status, string reason);

    private static string Sentence(int? status) => status switch
    {
        StatusCodes.Status404NotFound => "There is no such address; /openapi/v1.json describes those that there are.",
        StatusCodes.Status405MethodNotAllowed => "The address takes another method; /openapi/v1.json says which.",
        StatusCodes.Status415UnsupportedMediaType =>
            "Send the picture as the body, under its own type or as application/octet-stream, or as the file of a multipart form.",
        >= 500 => "The service failed; its log says how.",
        _ => "The request cannot be answered as it was sent.",
    };

    private static Task Headers(HttpContext context, RequestDelegate next)
    {
        // At the end: an answer that takes the place of a failed one begins without headers.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'";
            headers.XContentTypeOptions = "nosniff";
            headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        return next(context);
    }
}
