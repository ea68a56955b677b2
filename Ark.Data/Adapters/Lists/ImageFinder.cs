using System.Globalization;
using System.Text.RegularExpressions;

namespace Ark.Data;

/// <summary>
/// Finds the files that a list names. Settings: <c>extension</c>, appended to names that do not end with it; <c>image_path</c>, a template
/// around the name, with <c>{name}</c>, <c>{stem}</c> (the name without its extension), <c>{split}</c> (train, val, test; what is to
/// validate and is not in <c>val</c> is looked for in the others) and <c>{COLUMN}</c>, a field of the row (<c>{COLUMN:3}</c>: its first
/// three characters); <c>prefix_pattern</c>, a regular expression for folders before the names that may be missing or have another name;
/// <c>patient_pattern</c>, a regular expression that finds the patient in the name (its first group, or all of it);
/// <c>allow_outside</c>: <c>true</c> lets names be absolute or climb out of the data folder. A name without folders that is in none of
/// these places is looked for in all folders of the data folder.
/// </summary>
internal sealed partial class ImageFinder
{
    /// <summary>The settings that this class reads.</summary>
    public static readonly string[] Settings = ["extension", "image_path", "prefix_pattern", "patient_pattern", "allow_outside"];

    private readonly AdapterSettings _settings;
    private readonly string _folder;
    private readonly string _extension;
    private readonly string? _template;
    private readonly bool _usesColumns;
    private readonly bool _usesSplits;
    private readonly Regex? _prefix;
    private readonly Regex? _patient;
    private readonly bool _allowOutside;
    private FolderIndex? _index;

    public ImageFinder(DatasetDefinition definition, AdapterSettings settings)
    {
        _settings = settings;
        _folder = definition.DataDirectory;
        _extension = settings.Text("extension") ?? "";
        _template = settings.Text("image_path");
        if (_template is not null
            && !_template.Contains("{name}", StringComparison.Ordinal)
            && !_template.Contains("{stem}", StringComparison.Ordinal))
            throw settings.Error("image_path", "names no image", "Write {name} or {stem} where the name from the list belongs.");
        _usesSplits = _template?.Contains("{split}", StringComparison.Ordinal) == true;
        _usesColumns = _template is not null
            && Placeholder().Matches(_template).Any(m => m.Groups["column"].Value is not ("name" or "stem" or "split"));
        _prefix = settings.Pattern("prefix_pattern");
        _patient = settings.Pattern("patient_pattern");
        _allowOutside = settings.Choice("allow_outside", "false", "true") == "true";
    }

    /// <summary>The file of a name, which exists.</summary>
    /// <param name="name">The name as the list has it.</param>
    /// <param name="list">The list, for messages.</param>
    /// <param name="line">The row's line, for messages.</param>
    /// <param name="split">Which split the list is read for.</param>
    /// <param name="field">Gives a field of the row by its column; <see langword="null"/> where there is no such column.</param>
    /// <param name="cancellationToken">Ends a search.</param>
    /// <exception cref="ArkInputException">The name leads out of the data folder, or there is no such file, or several.</exception>
    public ImageFile Find(
        string name, string list, long line, DatasetSplit split, Func<string, string?>? field = null,
        CancellationToken cancellationToken = default)
    {
        if (!_allowOutside) ImagePath.Check(name, list, line);
        var place = Place(name, split, field);
        if (!_allowOutside) ImagePath.Check(place, list, line);
        if (!IsThere(place)) place = Elsewhere(name, place, list, line, cancellationToken) ?? place;
        return new ImageFile(ImagePath.Resolve(_folder, place, list, line, _allowOutside));
    }

    /// <summary>Whether a name has a file.</summary>
    public bool Exists(string name, DatasetSplit split) => IsThere(Place(name, split, field: null));

    /// <summary>The patient that the name tells of, or <see langword="null"/>.</summary>
    public string? Patient(string name)
    {
        if (_patient?.Match(name) is not { Success: true } match) return null;
        var group = match.Groups[match.Groups.Count > 1 ? 1 : 0];
        return group.Length > 0 ? group.Value : null;
    }

    private bool IsThere(string place) => File.Exists(Path.Combine(_folder, place));

    // Publishers have folders for training and test, and a validation split is a part of one of them.
    private string Place(string name, DatasetSplit split, Func<string, string?>? field)
    {
        var first = Complete(name, split, field);
        if (split != DatasetSplit.Validation || !_usesSplits || IsThere(first))
            return first;
        return SplitNames.All.Select(s => Complete(name, s, field)).FirstOrDefault(IsThere) ?? first;
    }

    private string Complete(string name, DatasetSplit split, Func<string, string?>? field)
    {
        var full = Whole(name);
        // A path knows its folders better than columns do.
        if (_template is null || (_usesColumns && name.Contains('/', StringComparison.Ordinal))) return full;
        var isComplete = true;
        var place = Placeholder().Replace(_template, match =>
        {
            var column = match.Groups["column"].Value;
            var value = column switch
            {
                "split" => split.Word(),
                "stem" => Path.ChangeExtension(full, null),
                "name" => full,
                _ => field?.Invoke(column),
            };
            if (value is null && _settings.IsGiven("image_path"))
                throw _settings.Error("image_path", $"names the column '{column}', which the list does not have", "Correct the column.");
            isComplete &= value is not null;
            return match.Groups["count"] is { Success: true } count
                ? value?[..Math.Min(value.Length, int.Parse(count.Value, CultureInfo.InvariantCulture))] ?? ""
                : value ?? "";
        });
        return isComplete ? place : full;
    }

    private string Whole(string name) => name.EndsWith(_extension, StringComparison.OrdinalIgnoreCase) ? name : name + _extension;

    private string? Elsewhere(string name, string place, string list, long line, CancellationToken cancellationToken)
    {
        // Names of Windows have backslashes, which elsewhere are part of a name.
        var candidates = new[] { place, Whole(name), name }.SelectMany(p => new[] { p, p.Replace('\\', '/') })
            .SelectMany(p => Unprefixed(p).Prepend(p));
        if (candidates.FirstOrDefault(IsThere) is { } found) return found;
        var bare = Whole(name);
        // Where the splits have folders, another split's image of that name is another image.
        if (bare.AsSpan().ContainsAny('/', '\\') || bare.Length == 0 || _usesSplits) return null;
        _index ??= FolderIndex.Of(_folder, cancellationToken);
        return _index.Find(bare, list, line);
    }

    // Lists begin their names with the folder of the whole set, which may be the data folder itself, or be called otherwise.
    private IEnumerable<string> Unprefixed(string place)
    {
        var parts = place.Split('/');
        var own = Path.GetFileName(Path.TrimEndingDirectorySeparator(_folder));
        if (parts.Length > 1 && parts[0].Equals(own, StringComparison.OrdinalIgnoreCase)) yield return string.Join('/', parts[1..]);
        if (_prefix?.Match(place) is not { Success: true, Index: 0, Length: > 0 } match || match.Length == place.Length) yield break;
        var rest = place[match.Length..];
        yield return rest;
        if (!Directory.Exists(_folder)) yield break;
        foreach (var folder in Directory.EnumerateDirectories(_folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal))
        {
            if (_prefix.Match(folder + "/") is { Success: true, Index: 0 } whole && whole.Length == folder.Length + 1)
                yield return $"{folder}/{rest}";
        }
    }

    [GeneratedRegex(
        @"\{(?<column>[^{}:]+)(:(?<count>[0-9]{1,3}))?\}",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
