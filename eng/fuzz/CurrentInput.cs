using System.IO.MemoryMappedFiles;

namespace Ark.Fuzz;

/// <summary>
/// The input that is being executed, in a file that is mapped: it is still there when native code has ended the process.
/// </summary>
internal sealed class CurrentInput : IDisposable
{
    public const int MaxLength = 8 << 20;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public CurrentInput(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, MaxLength + sizeof(int));
        _view = _file.CreateViewAccessor();
    }

    public void Set(byte[] input)
    {
        _view.Write(0, input.Length);
        _view.WriteArray(sizeof(int), input, 0, input.Length);
    }

    /// <summary>The input of a worker that has ended.</summary>
    public static byte[] Read(string path)
    {
        using var file = File.OpenRead(path);
        var head = new byte[sizeof(int)];
        file.ReadExactly(head);
        var input = new byte[Math.Clamp(BitConverter.ToInt32(head), 0, MaxLength)];
        file.ReadExactly(input);
        return input;
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
