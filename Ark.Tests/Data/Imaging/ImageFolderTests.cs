using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>What archives put beside the images of a folder is passed over and told.</summary>
public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Dicom_files_without_a_picture_are_passed_over_whatever_they_are_called()
    {
        Write("IM000000", TestDicom.Grey(2, 2, 8, 8).Pixels(1, 2, 3, 4));
        Write("image.dcm", TestDicom.Grey(2, 2, 8, 8).Pixels(1, 2, 3, 4));
        // Of a directory and of a presentation state the class tells; of a vendor's report that there is no picture.
        WriteOfClass("DICOMDIR", "1.2.840.10008.1.3.10", new TestDicom().Text(0x00041130, "CS", "CD"));
        WriteOfClass("state.dcm", "1.2.840.10008.5.1.4.1.1.11.1", TestDicom.Grey(2, 2, 8, 8));
        Write("SR000000", new TestDicom().Text(0x00080060, "CS", "SR").Text(0x0040A040, "CS", "CONTAINER"));
        _folder.Write("README.TXT", new string('x', 400));
        _folder.Write("empty.dcm", "");
        var passedOver = new List<string>();

        var images = ImageFolder
            .Enumerate(_folder.PathOf(""), recursive: true, passedOver.Add, cancellationToken: TestContext.Current.CancellationToken)
            .Select(f => Path.GetFileName(f));

        Assert.Equal(["IM000000", "empty.dcm", "image.dcm"], images.Order(StringComparer.Ordinal));
        Assert.Equal(["DICOMDIR", "SR000000", "state.dcm"], passedOver.Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Contains("passed over 3 DICOM file(s)", ImageFolder.PassedOver(passedOver), StringComparison.Ordinal);
    }

    private void Write(string name, TestDicom file) => File.WriteAllBytes(_folder.PathOf(name), file.ToArray());

    private void WriteOfClass(string name, string kind, TestDicom file)
    {
        var bytes = file.ToArray();
        var meta = new TestDicom().Text(0x00020002, "UI", kind.Length % 2 == 0 ? kind : kind + "\0").ToArray();
        // The class stands before the transfer syntax, behind the preamble.
        const int start = 132;
        var length = "1.2.840.10008.1.2.1".Length + 1 + 8;
        File.WriteAllBytes(_folder.PathOf(name), [.. bytes[..start], .. meta[(start + length)..], .. bytes[start..]]);
    }
}
