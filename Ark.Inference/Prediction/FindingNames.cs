using System.Collections.Frozen;
using System.Text;

namespace Ark.Inference;

/// <summary>
/// Which names of the public label sets mean the same finding. Case, blanks, underscores and punctuation never matter; beyond that only the
/// pairs listed here are joined. Names that merely overlap (nodule and mass against lung lesion or lung tumor, pneumonia against lung
/// opacity) are kept apart: a head must not answer for what it was not trained on.
/// </summary>
internal static class FindingNames
{
    /// <summary>The groups: the first name of each is the one that is shown.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Synonyms { get; } =
    [
        // "PE" is VinDr-CXR's column for pleural effusion.
        ["Pleural Effusion", "Effusion", "PE", "Pleural effusions"],
        ["Pleural Thickening", "Pleural_Thickening"],
        ["No Finding", "No findings", "Normal"],
        ["Edema", "Oedema", "Pulmonary Edema", "Pulmonary Oedema"],
        ["Tuberculosis", "TB"],
        ["Cardiomegaly", "Enlarged Heart"],
        ["Enlarged Cardiomediastinum", "Enlarged Mediastinum"],
        ["Infiltration", "Infiltrate", "Infiltrates"],
        ["Nodule", "Lung Nodule", "Pulmonary Nodule"],
        ["Mass", "Lung Mass", "Pulmonary Mass"],
        ["Fibrosis", "Pulmonary Fibrosis"],
        ["Hernia", "Hiatal Hernia", "Hiatus Hernia"],
        ["Support Devices", "Support Device", "Medical Devices"],
        ["Fracture", "Rib Fracture", "Fractures"],
        ["COVID-19", "COVID", "COVID19", "SARS-CoV-2"],
    ];

    private static readonly FrozenDictionary<string, string> Groups =
        Synonyms.SelectMany(g => g.Select(name => KeyValuePair.Create(Plain(name), g[0])))
            .DistinctBy(p => p.Key, StringComparer.Ordinal)
            .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether two names mean the same finding.</summary>
    public static bool AreSame(string one, string other) => Key(one) == Key(other);

    /// <summary>The name under which a finding is shown: its group's first, or the name as it is.</summary>
    public static string Shown(string name) => Groups.GetValueOrDefault(Plain(name), name);

    private static string Key(string name) => Plain(Shown(name));

    private static string Plain(string name)
    {
        var plain = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsLetterOrDigit(c)) plain.Append(char.ToUpperInvariant(c));
        }

        return plain.ToString();
    }
}
