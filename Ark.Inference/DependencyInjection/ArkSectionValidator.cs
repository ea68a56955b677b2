using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Ark.Inference;

/// <summary>
/// Finds misspelt keys directly in the section <c>Ark</c>. A value there is a shared option or an error. Sections below it are the host's
/// to name, and an error only where one is nearly that of a model or of training and nothing reads it.
/// </summary>
/// <param name="models">What the host was told of.</param>
/// <param name="others">Sections that other packages read.</param>
/// <param name="configuration">The host's configuration, if it has one.</param>
internal sealed class ArkSectionValidator(
    IEnumerable<ServedModel> models, IEnumerable<KnownSection> others, IConfiguration? configuration = null) : IValidateOptions<ArkOptions>
{
    public ValidateOptionsResult Validate(string? name, ArkOptions options)
    {
        if (configuration is null) return ValidateOptionsResult.Success;
        var keys = OptionsText.KeysOf(typeof(ArkOptions));
        var prefix = ArkOptions.SectionName + ConfigurationPath.KeyDelimiter;
        var sections = models.Select(m => m.Section).OfType<string>().Concat(others.Select(o => o.Path)).Where(s => s.StartsWith(
            prefix, StringComparison.OrdinalIgnoreCase))
            .Select(s => s[prefix.Length..].Split(ConfigurationPath.KeyDelimiter)[0]).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var known = keys.Concat(sections).ToList();
        var problems = configuration.GetSection(ArkOptions.SectionName).GetChildren()
            .Where(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)
                && (c.Value is not null || NameSuggestion.Nearest(c.Key, known) is not null))
            .Select(c => OptionsText.Unknown($"section {ArkOptions.SectionName}", c.Key, known)).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
