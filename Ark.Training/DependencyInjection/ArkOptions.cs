using System.ComponentModel.DataAnnotations;

namespace Ark.Training;

/// <summary>What all of Ark in one host shares.</summary>
public sealed class ArkOptions
{
    /// <summary>The section of a host's configuration that these options bind to.</summary>
    public const string SectionName = "Ark";

    /// <summary>Where models live that do not say otherwise: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <c>cpu</c>.</value>
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?")]
    public string Device { get; set; } = "cpu";
}
