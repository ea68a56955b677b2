using Microsoft.Extensions.Options;

namespace Ark.Training;

/// <summary>Checks training options when a host starts; messages name the configuration key.</summary>
internal sealed class TrainingOptionsValidator : IValidateOptions<TrainingOptions>
{
    public ValidateOptionsResult Validate(string? name, TrainingOptions options)
    {
        var failures = options
            .Problems()
            .Select(p => $"{TrainingOptions.SectionName}:{p.Property}: {p.Problem}.{(p.Hint is null ? "" : " " + p.Hint)}")
            .ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
