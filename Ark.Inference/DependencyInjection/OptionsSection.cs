using Ark.Inference;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Options from a section of configuration: whatever cannot be used ends the host's start with a message that names section and key.
/// </summary>
internal static class OptionsSection
{
    /// <summary>Binds options to a section. An unknown key and a value of another kind are errors.</summary>
    /// <param name="builder">The options.</param>
    /// <param name="kind">What they configure, for messages.</param>
    /// <param name="section">The section.</param>
    public static OptionsBuilder<T> BindSection<T>(this OptionsBuilder<T> builder, string kind, IConfigurationSection section)
        where T : class
    {
        builder.Services.AddSingleton<IOptionsChangeTokenSource<T>>(new ConfigurationChangeTokenSource<T>(builder.Name, section));
        var what = OptionsText.What(kind, builder.Name, section.Path);
        return builder.Configure(options =>
        {
            var known = OptionsText.KeysOf(typeof(T));
            var unknown = section.GetChildren().Select(c => c.Key).Where(k => !known.Contains(
                k, StringComparer.OrdinalIgnoreCase)).Select(k => OptionsText.Unknown(what, k, known)).ToList();
            if (unknown.Count > 0) throw new OptionsValidationException(builder.Name, typeof(T), unknown);
            try
            {
                section.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
            }
            catch (InvalidOperationException e)
            {
                throw new OptionsValidationException(
                    builder.Name,
                    typeof(T),
                    [$"{what}: {(e.InnerException is { } inner ? $"{e.Message.TrimEnd('.')}: {inner.Message}" : e.Message)}"]);
            }
        });
    }
}
