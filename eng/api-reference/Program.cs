using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Xml.Linq;
using ApiReference;

// Writes a page for each package, with its public types and what their comments say. Argument: the folder.
var folder = Directory.CreateDirectory(args[0]).FullName;
var undocumented = 0;
foreach (var package in (string[])["Ark.Core", "Ark.Models", "Ark.Data", "Ark.Phantom", "Ark.Inference", "Ark.Training"])
{
    var assembly = Assembly.Load(package);
    var comments = XDocument.Load(Path.Combine(AppContext.BaseDirectory, package + ".xml"))
        .Descendants("member")
        .ToDictionary(m => (string)m.Attribute("name")!, StringComparer.Ordinal);
    var types = assembly
        .GetExportedTypes()
        .OrderBy(t => t.Namespace, StringComparer.Ordinal)
        .ThenBy(t => t.Name, StringComparer.Ordinal)
        .ToList();
    var page = new StringBuilder($"# {package}\n");
    foreach (var type in types) Describe(page, type, comments);
    await File.WriteAllTextAsync(Path.Combine(folder, package + ".md"), page.ToString());
    Console.WriteLine($"{package}: {types.Count} public types");
}

if (undocumented > 0) await Console.Error.WriteLineAsync($"{undocumented} public types have no summary");
return undocumented == 0 ? 0 : 1;

void Describe(StringBuilder page, Type type, Dictionary<string, XElement> comments)
{
    var comment = comments.GetValueOrDefault(DocumentationId.Of(type));
    if (comment?.Element("summary") is null)
    {
        undocumented++;
        Console.Error.WriteLine($"{type.FullName} has no summary");
    }

    page.Append(
        CultureInfo.InvariantCulture,
        $"\n## {Signature.Name(type)}\n\n`{type.Namespace}` · {Kind(type)}\n\n{Text(comment?.Element("summary"))}\n");
    if (comment?.Element("remarks") is { } remarks) page.Append(CultureInfo.InvariantCulture, $"\n{Text(remarks)}\n");
    var members = type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Where(m => m is not Type
            && !m.IsDefined(typeof(CompilerGeneratedAttribute))
            && m is not MethodBase { IsSpecialName: true, IsConstructor: false }
            && m is not FieldInfo { IsSpecialName: true })
        .Select(m => (Member: m, Comment: comments.GetValueOrDefault(DocumentationId.Of(m)))).ToList();
    if (members.Count == 0) return;
    page.Append("\n| member | |\n|---|---|\n");
    foreach (var (member, own) in members)
    {
        var parts = new[]
        {
            own?.Element("summary") ?? comment?.Elements("param").FirstOrDefault(p => (string?)p.Attribute("name") == member.Name),
            own?.Element("value"),
            own?.Element("returns")
        };
        page.Append(CultureInfo.InvariantCulture, $"| `{Signature.Of(member).Replace("|", "\\|", StringComparison.Ordinal)}` | "
            + $"{string.Join(" ", parts.Select(Text).Where(t => t.Length > 0)).Replace("|", "\\|", StringComparison.Ordinal)} |\n");
    }
}

static string Kind(Type type) =>
    type.IsEnum
        ? "enum"
        : type.IsInterface ? "interface"
        : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : "class";

static string Text(XElement? element)
{
    if (element is null) return "";
    var text = string.Concat(element.Nodes().Select(node => node switch
    {
        XText plain => plain.Value,
        XElement { Name.LocalName: "see" or "seealso" } see =>
            $"`{((string?)see.Attribute("langword") ?? Short((string?)see.Attribute("cref") ?? ""))}`",
        XElement { Name.LocalName: "paramref" or "typeparamref" } reference => $"`{(string?)reference.Attribute("name")}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement inner => Text(inner) + " ",
        _ => "",
    }));
    return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Trim();
}

static string Short(string reference)
{
    var name = reference.Split(':')[^1].Split('(')[0];
    var parts = name.Split('.');
    var isType = reference.StartsWith("T:", StringComparison.Ordinal);
    return string.Join('.', parts[^Math.Min(isType ? 1 : 2, parts.Length)..].Select(p => p.Split('`')[0]));
}
