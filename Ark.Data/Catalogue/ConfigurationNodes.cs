using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Ark.Data;

/// <summary>Turns a section of configuration into the tree that a YAML file gives.</summary>
internal static class ConfigurationNodes
{
    private const int MaxDepth = 16;

    /// <summary>The tree of a section.</summary>
    /// <param name="section">The section.</param>
    /// <returns>Its root; nodes have no lines.</returns>
    /// <exception cref="ArkInputException">Sections are nested too deeply.</exception>
    public static YamlNode Of(IConfiguration section) => Of(section, 0);

    private static YamlNode Of(IConfiguration section, int depth)
    {
        if (depth > MaxDepth)
            throw new ArkInputException(
                "configuration", (section as IConfigurationSection)?.Path, $"sections are nested too deeply (limit {MaxDepth})");
        var children = section.GetChildren().ToList();
        if (children.Count == 0) return Scalar((section as IConfigurationSection)?.Value);
        // Configuration knows no lists: they are keys 0, 1, 2, ….
        var ordered = children.OrderBy(c => int.TryParse(c.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
            ? i
            : int.MaxValue).ToList();
        if (ordered.Select((c, i) => c.Key == i.ToString(CultureInfo.InvariantCulture)).All(isNext => isNext))
        {
            var list = new YamlSequence(0);
            foreach (var child in ordered) list.Add(Of(child, depth + 1));
            return list;
        }

        var mapping = new YamlMapping(0);
        foreach (var child in children) mapping.Add(new YamlScalar(0, child.Key, isNull: false), Of(child, depth + 1));
        return mapping;
    }

    // JSON's true and false arrive as .NET writes them.
    private static YamlScalar Scalar(string? value) =>
        new(0, value is "True" or "False" ? value.ToLowerInvariant() : value ?? "", value is null);
}
