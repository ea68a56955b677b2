using System.Text.RegularExpressions;

namespace Ark.Data;

/// <summary>
/// Finds the files that a list names. Settings: <c>extension</c>, appended to names that do not end with it; <c>image_path</c>, a template
/// around the name, with <c>{name}</c>, <c>{stem}</c> (the name without its extension) and <c>{split}</c> (train, val, test; what is to
/// validate and is not in <c>val</c> is looked for in the others); <c>patient_pattern</c>, a regular expression that finds the patient in
/// the name (its first group, or all of it); <c>allow_outside</c>: <c>true</c> lets names be absolute or climb out of the data folder.
/// </summary>
internal sealed class ImageFinder
{
    /// <summary>The settings that this class reads.</summary>
    public static readonly string[] Settings = ["extension", "image_path", "patient_pattern", "allow_outside"];

    private readonly string _folder;
    private readonly string _extension;
    private readonly string? _template;
    private readonly Regex? _patient;
    private readonly bool _allowOutside;

    public ImageFinder(DatasetDefinition definition, AdapterSettings settings)
    {
        _folder = definition.DataDirectory;
        _extension = settings.Text("extension") ?? "";
        _template = settings.Text("image_path");
        if (_template is not null
            && !_template.Contains("{name}", StringComparison.Ordinal)
            && !_template.Contains("{stem}", StringComparison.Ordinal))
            throw settings.Error("image_path", "names no image", "Write {name} or {stem} where the name from the list belongs.");
        _patient = settings.Pattern("patient_pattern");
        _allowOutside = settings.Choice("allow_outside", "false", "true") == "true";
    }

    /// <summary>The file of a name, which exists.</summary>
    public ImageFile Find(string name, string list, long line, DatasetSplit split)
    {
        if (!_allowOutside) ImagePath.Check(name, list, line);
        return new ImageFile(ImagePath.Resolve(_folder, Place(name, split), list, line, _allowOutside));
    }

    /// <summary>Whether a name has a file.</summary>
    public bool Exists(string name, DatasetSplit split) => File.Exists(Path.Combine(_folder, Place(name, split)));

    /// <summary>The patient that the name tells of, or <see langword="null"/>.</summary>
    public string? Patient(string name)
    {
        if (_patient?.Match(name) is not { Success: true } match) return null;
        var group = match.Groups[match.Groups.Count > 1 ? 1 : 0];
        return group.Length > 0 ? group.Value : null;
    }

    // Publishers have folders for training and test, and a validation split is a part of one of them.
    private string Place(string name, DatasetSplit split)
    {
        var first = Complete(name, split);
        if (split != DatasetSplit.Validation
            || _template?.Contains("{split}", StringComparison.Ordinal) != true
            || File.Exists(Path.Combine(_folder, first)))
            return first;
        return SplitNames.All.Select(s => Complete(name, s)).FirstOrDefault(p => File.Exists(Path.Combine(_folder, p))) ?? first;
    }

    private string Complete(string name, DatasetSplit split)
    {
        var full = name.EndsWith(_extension, StringComparison.OrdinalIgnoreCase) ? name : name + _extension;
        return _template is null ? full : _template
            .Replace("{split}", split.Word(), StringComparison.Ordinal)
            .Replace("{stem}", Path.ChangeExtension(full, null), StringComparison.Ordinal)
            .Replace("{name}", full, StringComparison.Ordinal);
    }
}
