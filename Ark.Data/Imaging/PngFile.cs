using NetVips;

namespace Ark.Data;

/// <summary>Writes pictures as PNG.</summary>
internal static class PngFile
{
    /// <summary>Writes a file; it is whole or not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="image">The picture.</param>
    /// <exception cref="ArkInputException">The file cannot be written.</exception>
    public static void Write(string path, RasterImage image)
    {
        VipsRuntime.Ensure();
        using var picture = Image.NewFromMemory(image.Pixels, image.Width, image.Height, image.Channels, Enums.BandFormat.Uchar);
        var bytes = picture.PngsaveBuffer();
        var target = Path.GetFullPath(path);
        var aside = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(aside, bytes);
            AtomicFile.Replace(aside, target);
        }
        catch (Exception e) when (UnwritableFile.Is(e))
        {
            throw new ArkInputException(path, null, $"cannot be written: {UnwritableFile.Reason(e)}", "Choose another file ('path').", e);
        }
        finally
        {
            File.Delete(aside);
        }
    }
}
