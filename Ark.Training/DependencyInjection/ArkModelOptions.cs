using System.ComponentModel.DataAnnotations;

namespace Ark.Training;

/// <summary>One named model of a host.</summary>
public sealed class ArkModelOptions
{
    /// <summary>The weight file.</summary>
    [Required]
    public string Checkpoint { get; set; } = "";

    /// <summary>Which of the file's two networks is loaded.</summary>
    /// <value>The default is <see cref="ModelRole.Teacher"/>, the one to reuse.</value>
    public ModelRole Weights { get; set; } = ModelRole.Teacher;

    /// <summary>Where the model lives: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <value>The default is <see cref="ArkOptions.Device"/>.</value>
    [RegularExpression("cpu|cuda(:[0-9]{1,2})?")]
    public string? Device { get; set; }
}
