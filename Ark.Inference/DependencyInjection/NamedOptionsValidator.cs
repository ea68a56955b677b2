using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Ark.Inference;

/// <summary>Checks the options of one named model by their attributes; of several models the message tells which.</summary>
/// <param name="kind">What the options configure.</param>
/// <param name="model">The name.</param>
/// <param name="section">Where they come from, if from configuration.</param>
internal sealed class NamedOptionsValidator<T>(string kind, string model, string? section) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        if (name != model) return ValidateOptionsResult.Skip;
        var problems = new List<ValidationResult>();
        if (Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true))
            return ValidateOptionsResult.Success;
        return ValidateOptionsResult.Fail(problems.Select(p =>
            $"{OptionsText.What(kind, model, section)}, key {string.Join(", ", p.MemberNames.Select(m => $"'{m}'"))}: {p.ErrorMessage}"));
    }
}
