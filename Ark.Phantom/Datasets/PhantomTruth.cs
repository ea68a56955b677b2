using System.Text;
using System.Text.Json;

namespace Ark.Phantom;

/// <summary>Writes what is true about a picture as one line of JSON: patient, view, findings, boxes, heart.</summary>
internal static class PhantomTruth
{
    /// <summary>The truth file's name.</summary>
    public const string FileName = "truth.jsonl";

    /// <summary>The line of a picture.</summary>
    /// <param name="picture">What was planned.</param>
    /// <param name="radiograph">What was rendered.</param>
    /// <returns>The line without its end.</returns>
    public static string Line(PhantomCase picture, PhantomRadiograph radiograph)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("image", $"{PhantomCatalogue.Images}/{picture.FileName}");
            json.WriteString("split", PhantomCatalogue.WordOf(picture.Split));
            json.WriteString("patient", picture.PatientName);
            json.WriteString("view", picture.View == PhantomView.Anteroposterior ? "AP" : "PA");
            json.WriteNumber("width", radiograph.Image.Width);
            json.WriteNumber("height", radiograph.Image.Height);
            json.WriteNumber("cardiothoracic_ratio", Math.Round(radiograph.CardiothoracicRatio, 4));
            json.WriteStartArray("findings");
            foreach (var finding in radiograph.Findings) json.WriteStringValue(finding.ToString());
            json.WriteEndArray();
            json.WriteStartArray("boxes");
            foreach (var box in radiograph.Boxes)
            {
                json.WriteStartObject();
                json.WriteString("finding", box.Finding.ToString());
                json.WriteNumber("x", box.X);
                json.WriteNumber("y", box.Y);
                json.WriteNumber("width", box.Width);
                json.WriteNumber("height", box.Height);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
