using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Ark.Service;

/// <summary>What one caller may ask of the service; section <c>Service</c> of the configuration.</summary>
internal sealed class ServiceLimits
{
    public const string SectionName = "Service";

    /// <summary>Reads the section; its keys have been checked.</summary>
    /// <exception cref="OptionsValidationException">A value is out of range.</exception>
    public static ServiceLimits Of(IConfiguration configuration)
    {
        var limits = configuration.GetSection(SectionName).Get<ServiceLimits>() ?? new ServiceLimits();
        // At once: server and decoder are made of them, and would refuse them in words of their own.
        var checkedLimits = new DataAnnotationValidateOptions<ServiceLimits>(SectionName).Validate(SectionName, limits);
        return checkedLimits.Failed
            ? throw new OptionsValidationException(SectionName, typeof(ServiceLimits), checkedLimits.Failures)
            : limits;
    }

    /// <summary>Bytes of an upload.</summary>
    [Range(1024, 1 << 30)]
    public int MaxUploadBytes { get; set; } = 50 << 20;

    /// <summary>Pixels of a picture; the largest radiography detectors have about 18 million.</summary>
    [Range(1024, 1 << 26)]
    public int MaxPixels { get; set; } = 30_000_000;

    /// <summary>Uploads that are answered at once, after they have been read whole.</summary>
    [Range(1, 1024)]
    public int MaxConcurrency { get; set; } = 4;

    /// <summary>Heat maps at once: each takes the memory of a training step for one picture.</summary>
    [Range(1, 1024)]
    public int MaxConcurrentHeatMaps { get; set; } = 1;

    /// <summary>
    /// Uploads that are read, wait for their turn or are answered, of pictures and of heat maps each; others wait without taking memory.
    /// </summary>
    [Range(1, 1024)]
    public int MaxConcurrentUploads { get; set; } = 32;

    /// <summary>Bytes of all uploads in memory, as they were sent; beyond it only the oldest is read on.</summary>
    [Range(1024, 1L << 40)]
    public long MaxUploadBytesInMemory { get; set; } = 96L << 20;

    /// <summary>Bytes a second of an upload, on the average since it began, once the grace period is over; 0 for any.</summary>
    [Range(0, 1 << 30)]
    public int MinUploadBytesPerSecond { get; set; } = 50_000;

    /// <summary>How long an upload may be slower.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan UploadGracePeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Callers that may wait for being read; more are turned away.</summary>
    [Range(0, 100_000)]
    public int QueueLength { get; set; } = 200;

    /// <summary>How long an answer may take, waiting included.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);
}
