using Ark.Data;
using Ark.Training;

namespace Ark.Cli;

/// <summary>The options of a run: as it begins, and as it goes on with what it began with.</summary>
/// <typeparam name="T">The options.</typeparam>
/// <param name="table">Their names.</param>
/// <param name="given">What the command line says.</param>
internal sealed class RunOptions<T>(OptionTable<T> table, IReadOnlyList<OptionText<T>> given)
    where T : OptimizationOptions, new()
{
    /// <summary>The options of a new run: those of the catalogue, and over them those of the command line.</summary>
    /// <param name="section">What the catalogue's <c>training:</c> section says.</param>
    /// <exception cref="ArkInputException">One cannot be used, or does not fit another.</exception>
    public T Begin(IReadOnlyList<OptionText<T>> section)
    {
        // A catalogue's pretrain-epochs makes the command line's epochs the schedule, as both on one line do.
        var options = OptionTexts.Create(table, [.. section, .. given]);
        options.Validate();
        options.UseFullPaths();
        return options;
    }

    /// <summary>What a run began with, and of the command line what may be otherwise: where and how it is computed, not what.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <param name="begun">What it began with.</param>
    /// <exception cref="ArkInputException">The command line says something else than what the run began with.</exception>
    public T Continue(string directory, T begun)
    {
        var asked = With(begun, given);
        RequireSame(directory, begun, asked, given);
        asked.Validate();
        return asked;
    }

    /// <summary>
    /// Refuses a catalogue whose section says something else than when the run began: its options are a part of the line that names it.
    /// What the line overrode when the run began is overridden still.
    /// </summary>
    /// <param name="run">What the run began with.</param>
    /// <param name="directory">Its folder.</param>
    /// <param name="catalogue">The catalogue as it is now.</param>
    /// <exception cref="ArkInputException">It says something else.</exception>
    public void RequireSameSection(RecordedRun<T> run, string directory, DatasetCatalogue catalogue)
    {
        if (run.CatalogueOptions is not { } recorded) return;
        var (begun, section) = (run.Options, table.Section(catalogue));
        foreach (var (option, text) in catalogue.Training.Zip(section))
        {
            if (recorded.GetValueOrDefault(option.Key) == option.Value || given.Any(g => g.Row.Property == text.Row.Property)) continue;
            RequireSame(directory, begun, With(begun, [text]), [text]);
        }

        // What the section says no more: a run that began with the file as it is now would have another value there.
        var anew = Begin(section);
        foreach (var (key, value) in recorded)
        {
            if (table.Find(key) is not { } row || section.Any(t => t.Row.Property == row.Property)) continue;
            var then = With(begun, [table.Text(key, value, catalogue.Source, $"key '{key}'")]);
            if (row.Format(then) != row.Format(begun) || !table.Deciding.Contains(row)) continue;
            ResumeOption.RequireKey(directory, catalogue.Source, key, row.Format(begun), row.Format(anew));
        }
    }

    private static T With(T options, IReadOnlyList<OptionText<T>> texts)
    {
        var asked = OptionTexts.Apply((T)options.Copy(), texts);
        asked.UseFullPaths();
        return asked;
    }

    private void RequireSame(string directory, T begun, T asked, IReadOnlyList<OptionText<T>> texts)
    {
        foreach (var row in table.Deciding.Where(r => r.Format(begun) != r.Format(asked)))
        {
            // A text may say under another name what the row has: of several it is the last one that says something new. Where none does,
            // one of them brought it about.
            bool Says(OptionText<T> text) =>
                text.Row.Property == row.Property && (text.Row.Format(asked) is not { } now || now != text.Row.Format(begun));
            var text = texts.LastOrDefault(Says) ?? texts[^1];
            var shown = Says(text) && text.Row.Format(asked) is not null ? text.Row : row;
            ResumeOption.RequireSame(directory, text.Source, text.Place, shown.Format(begun), shown.Format(asked));
        }
    }
}
