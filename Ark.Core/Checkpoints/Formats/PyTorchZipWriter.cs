using System.Globalization;

namespace Ark;

/// <summary>Writes the zip format of <c>torch.save</c>.</summary>
internal static class PyTorchZipWriter
{
    public static void Write(Stream stream, ReadOnlyMemory<byte> pickle, StorageTable storages)
    {
        var zip = new ZipWriter(stream);
        zip.Add("archive/data.pkl", pickle.Span);
        zip.Add("archive/byteorder", "little"u8);
        for (var i = 0; i < storages.Tensors.Count; i++)
        {
            var tensor = storages.Tensors[i];
            using var bytes = tensor.Open();
            zip.Add(
                $"archive/data/{i.ToString(CultureInfo.InvariantCulture)}",
                bytes.Checksum(),
                tensor.Count * tensor.Element.Size,
                bytes.WriteTo);
        }

        zip.Add("archive/version", "3\n"u8);
        zip.Finish();
    }
}
