using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Ark.Phantom;

/// <summary>What a folder of phantom datasets was made from; tells whether it is the wanted one.</summary>
/// <param name="Generator">Always <see cref="Name"/>.</param>
/// <param name="Version">The generator's version.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Count">The images in all.</param>
/// <param name="Masks">Whether it has masks.</param>
/// <param name="Catalogue">A fingerprint of the catalogue, which a later release may write otherwise.</param>
internal sealed record PhantomManifest(string Generator, int Version, ulong Seed, int Count, bool Masks, string Catalogue)
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "phantom.json";

    /// <summary>The generator's name.</summary>
    public const string Name = "ark-phantom";

    /// <summary>What a folder made from options says.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The manifest.</returns>
    public static PhantomManifest Of(PhantomDatasetOptions options) =>
        new(Name, PhantomGenerator.Version, options.Seed, options.Count, options.Masks, Fingerprint(options.Masks));

    /// <summary>A folder's name that no phantom of another kind has.</summary>
    public string FolderName =>
        string.Create(CultureInfo.InvariantCulture, $"phantom-v{Version}-seed{Seed}-{Count}{(Masks ? "-masks" : "")}-{Catalogue}");

    private static string Fingerprint(bool masks)
    {
        // Which masks there are is part of what a folder holds.
        var text = PhantomCatalogue.Text() + (masks
            ? PhantomSegmentation.Catalogue + string.Join(' ', Enum.GetNames<PhantomStructure>())
            : "");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
    }

    /// <summary>Reads a folder's manifest.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The manifest, or <see langword="null"/> where there is none that can be read.</returns>
    public static PhantomManifest? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        // What is no file, such as a pipe, has no length.
        if (!File.Exists(path) || new FileInfo(path).Length is 0 or > 4096) return null;
        try
        {
            var manifest = JsonSerializer.Deserialize<PhantomManifest>(File.ReadAllText(path));
            return manifest is { Generator: Name } ? manifest : null;
        }
        catch (JsonException)
        {
            // A file of that name that is no manifest: the folder is someone else's.
            return null;
        }
    }

    /// <summary>Writes the manifest.</summary>
    /// <param name="folder">The folder.</param>
    public void Write(string folder) => PhantomCatalogue.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this) + "\n");
}
