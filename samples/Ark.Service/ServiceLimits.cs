using System.ComponentModel.DataAnnotations;

namespace Ark.Service;

/// <summary>What one caller may ask of the service; section <c>Service</c> of the configuration.</summary>
internal sealed class ServiceLimits
{
    public const string SectionName = "Service";

    /// <summary>Reads the section; its keys have been checked.</summary>
    public static ServiceLimits Of(IConfiguration configuration) =>
        configuration.GetSection(SectionName).Get<ServiceLimits>() ?? new ServiceLimits();

    /// <summary>Bytes of an upload.</summary>
    [Range(1024, 1 << 30)]
    public int MaxUploadBytes { get; set; } = 50 << 20;

    /// <summary>Pixels of a picture; the largest radiography detectors have about 18 million.</summary>
    [Range(1024, 1 << 26)]
    public int MaxPixels { get; set; } = 30_000_000;

    /// <summary>Uploads that are read and answered at once; others wait without taking memory.</summary>
    [Range(1, 1024)]
    public int MaxConcurrency { get; set; } = 4;

    /// <summary>Heat maps at once: each takes the memory of a training step for one picture.</summary>
    [Range(1, 1024)]
    public int MaxConcurrentHeatMaps { get; set; } = 1;

    /// <summary>Callers that may wait; more are turned away.</summary>
    [Range(0, 100_000)]
    public int QueueLength { get; set; } = 200;

    /// <summary>How long an answer may take, waiting included.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);
}
