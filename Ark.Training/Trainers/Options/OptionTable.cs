using System.Collections;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Inference;

namespace Ark.Training;

/// <summary>
/// The names under which options are set from text: one table for the command line, a catalogue's <c>training:</c> section, and the records
/// of a run. Upper and lower case, dashes and underscores are the same, so that the published flags work as they are.
/// </summary>
/// <typeparam name="T">The options.</typeparam>
/// <param name="kind">What the options are of, for messages.</param>
internal sealed class OptionTable<T>(string kind) : IEnumerable<OptionRow<T>>
    where T : OptimizationOptions, new()
{
    private readonly List<OptionRow<T>> _rows = [];
    private readonly HashSet<string> _free = new(StringComparer.Ordinal);

    /// <summary>The rows of the record of a run: one for each property.</summary>
    public IEnumerable<OptionRow<T>> Recorded => _rows.Where(r => r.IsRecorded);

    /// <summary>The rows that decide what a run computes: a run goes on with these as it began.</summary>
    public IEnumerable<OptionRow<T>> Deciding => Recorded.Where(r => !_free.Contains(r.Property!));

    /// <summary>Adds the row of a property. How its values are read and written comes from its type.</summary>
    /// <param name="name">The name.</param>
    /// <param name="option">The property.</param>
    /// <param name="help">What it does.</param>
    /// <param name="value">What its value is called; <see langword="null"/> for the type's word.</param>
    /// <param name="read">What is kept of a text, where it is not the text itself; for texts.</param>
    /// <param name="aliases">Other accepted names.</param>
    public void Add<TValue>(
        string name, Expression<Func<T, TValue>> option, string help, string? value = null, Func<string, string?>? read = null,
        string[]? aliases = null)
    {
        var property = (PropertyInfo)((MemberExpression)option.Body).Member;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        Add(new OptionRow<T>
        {
            Name = name,
            Aliases = aliases ?? [],
            ValueName = value ?? OptionValue.NameOf(type),
            Help = help,
            Property = property.Name,
            IsRecorded = true,
            TryApply = (options, text) =>
            {
                if (OptionValue.Read(type, text) is not { } parsed) return false;
                property.SetValue(options, read is null ? parsed : read(text));
                return true;
            },
            Format = options => OptionValue.Write(property.GetValue(options)),
        });
    }

    /// <summary>Adds a row that is not like its property.</summary>
    public void Add(OptionRow<T> row) => _rows.Add(row);

    /// <summary>
    /// Adds a flag that the published scripts accept and do not use: a published command line works as it is, and is told so.
    /// </summary>
    public void AddIgnored(string name, string why, params string[] aliases) => Add(new OptionRow<T>
    {
        Name = name,
        Aliases = aliases,
        ValueName = "X",
        Help = $"accepted for published command lines, without effect. {why}",
        Note = $"has no effect. {why}",
        TryApply = (_, _) => true,
    });

    /// <summary>Adds a flag of the published scripts that has one value here.</summary>
    public void AddFixed(string name, string only, string why) => Add(new OptionRow<T>
    {
        Name = name,
        ValueName = only,
        Help = $"accepted for published command lines, with this value alone. {why}",
        TryApply = (_, text) => string.Equals(text, only, StringComparison.OrdinalIgnoreCase),
    });

    /// <summary>Names properties that may be another when a run goes on: they change neither weights nor records.</summary>
    public void Free(params string[] properties) => _free.UnionWith(properties);

    /// <summary>Finds a row by any of its names; <see langword="null"/> where there is none.</summary>
    public OptionRow<T>? Find(string name)
    {
        var key = OptionValue.Fold(name);
        return _rows.FirstOrDefault(r => OptionValue.Fold(r.Name) == key || r.Aliases.Any(a => OptionValue.Fold(a) == key));
    }

    /// <summary>One option's text.</summary>
    /// <param name="name">Any of the option's names.</param>
    /// <param name="value">Its value as text, with a decimal point whatever the culture.</param>
    /// <param name="source">Where it comes from: a file's name, or <c>command line</c>.</param>
    /// <param name="place">The place in the source, for messages.</param>
    /// <exception cref="ArkInputException">There is no such option, or the value is of the wrong kind.</exception>
    public OptionText<T> Text(string name, string value, string source, string place)
    {
        var row = Find(name) ?? throw new ArkInputException(source, place, $"there is no {kind} setting '{name}'",
            $"Known are: {string.Join(", ", _rows.Select(r => r.Name))}.");
        var text = value.Trim();
        return row.TryApply(new T(), text)
            ? new OptionText<T>(row, text, source, place)
            : throw new ArkInputException(source, place, $"'{value}' is no value for '{row.Name}'", $"Give {row.ValueName}.");
    }

    /// <summary>The texts of a catalogue's <c>training:</c> section.</summary>
    /// <exception cref="ArkInputException">As for one.</exception>
    public IReadOnlyList<OptionText<T>> Section(DatasetCatalogue catalogue) => [.. catalogue.Training.Select(o => Text(o, catalogue))];

    /// <summary>The text of an option of that section.</summary>
    public OptionText<T> Text(CatalogueOption option, DatasetCatalogue catalogue) =>
        Text(option.Key, option.Value, catalogue.Source, $"line {option.Line}, key '{option.Key}'");

    /// <summary>The options as a run's record has them: name and text of those that are set.</summary>
    public IEnumerable<KeyValuePair<string, string>> Record(T options) =>
        Recorded.Select(r => KeyValuePair.Create(r.Name, r.Format(options))).Where(r => r.Value is not null)!;

    /// <summary>The same as JSON.</summary>
    public JsonObject ToJson(T options) => new(Record(options).Select(o => KeyValuePair.Create(o.Key, (JsonNode?)o.Value)));

    /// <summary>The same for a checkpoint.</summary>
    public OrderedDictionary<string, object?> ToCheckpoint(T options) =>
        new(Record(options).Select(o => KeyValuePair.Create(o.Key, (object?)o.Value)));

    /// <summary>Options from a run's record.</summary>
    /// <param name="record">Name and text of those that are set.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="ArkInputException">An option of the record is not known, or its value is of the wrong kind.</exception>
    public T Read(IEnumerable<KeyValuePair<string, string>> record, string path)
    {
        var options = new T();
        foreach (var (name, value) in record) Text(name, value, path, $"key '{name}'").Row.TryApply(options, value);
        return options;
    }

    /// <summary>Whether two runs with these options come to the same.</summary>
    public bool DecideAlike(T one, T other) => Deciding.All(r => r.Format(one) == r.Format(other));

    /// <summary>Refuses options that are not those of a checkpoint. One that the checkpoint does not have had its default.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="stored">Its options.</param>
    /// <param name="options">The options to go on with.</param>
    /// <exception cref="ArkInputException">They differ.</exception>
    public void RequireSame(string path, CheckpointSection stored, T options)
    {
        var defaults = new T();
        // A state of its own needs the file that the run started from no more.
        string[] start =
        [
            nameof(OptimizationOptions.InitialWeights), nameof(OptimizationOptions.NestedKey), nameof(OptimizationOptions.StripPrefix),
            nameof(OptimizationOptions.InertNames),
        ];
        foreach (var row in Deciding.Where(r => !start.Contains(r.Property)))
        {
            var (then, now) = (stored.ContainsKey(row.Name) ? stored.GetString(row.Name) : row.Format(defaults), row.Format(options));
            if (now == then) continue;
            throw new ArkInputException(path, $"option '{row.Name}'",
                $"was {then ?? "not set"} when the run began and is {now ?? "not set"} now",
                "A run goes on with the options it began with; for others begin a new one, with this checkpoint as its initial weights.");
        }
    }

    /// <inheritdoc/>
    public IEnumerator<OptionRow<T>> GetEnumerator() => _rows.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
