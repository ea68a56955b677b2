using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Ark.Tests.Core;

public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RegularFileTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Asks Linux what a path is.");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pipes_devices_and_sockets_are_told_from_files_without_opening_them()
    {
        var file = _folder.Write("file", "text");
        File.CreateSymbolicLink(_folder.PathOf("link"), file);
        File.CreateSymbolicLink(_folder.PathOf("link to a device"), "/dev/zero");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder.PathOf("socket")));
        Assert.Null(RegularFile.ObstacleOf(file));
        Assert.Null(RegularFile.ObstacleOf(_folder.PathOf("link")));
        Assert.Null(RegularFile.ObstacleOf(_folder.PathOf("missing")));
        Assert.Null(RegularFile.ObstacleOf("/proc/self/status"));
        Assert.Null(RegularFile.ObstacleOf("/"));
        Assert.Contains("pipe", RegularFile.ObstacleOf(Pipe("")), StringComparison.Ordinal);
        Assert.Contains("device", RegularFile.ObstacleOf("/dev/zero"), StringComparison.Ordinal);
        Assert.Contains("device", RegularFile.ObstacleOf(_folder.PathOf("link to a device")), StringComparison.Ordinal);
        Assert.Contains("socket", RegularFile.ObstacleOf(_folder.PathOf("socket")), StringComparison.Ordinal);
    }

    // Nobody ever writes into the pipe: a door that opens it would not come back.
    [Theory]
    [InlineData("inspect", "PIPE")]
    [InlineData("convert", "PIPE", "OUT")]
    [InlineData("data", "check", "--config", "PIPE")]
    [InlineData("similar", "a", "--in", "PIPE.csv")]
    [InlineData("similar", "a", "--in", "PIPE.npz")]
    [InlineData("similar", "a", "--in", "PIPE.parquet")]
    [InlineData("similar", "a", "--in", "PIPE.safetensors")]
    [InlineData("compare", "PIPE.csv", "PIPE.csv")]
    [InlineData("compare", "PIPE.parquet", "PIPE.parquet")]
    [InlineData("predict", "--checkpoint", "MODEL", "--calibration", "PIPE.json", "x.png")]
    public async Task A_pipe_is_refused_at_every_door(params string[] words)
    {
        string[] arguments = [.. words.Select(word => word switch
        {
            "MODEL" => Fixture.PathOf("02_ark_tiny", "mlp", "checkpoint.pth.tar"),
            "OUT" => _folder.PathOf("out.safetensors"),
            _ when word.StartsWith("PIPE", StringComparison.Ordinal) => Pipe(word[4..]),
            _ => word,
        })];
        (await CommandLineRun.Of(arguments)).AssertRefused("is a named pipe, not a file");
    }

    [Fact]
    public void A_pipe_is_no_image()
    {
        var decoder = new Ark.Data.NetVipsImageDecoder();
        Assert.Contains(
            "is a named pipe", Assert.Throws<ArkInputException>(() => decoder.DecodeFile(Pipe(".png"))).Message, StringComparison.Ordinal);
    }

    private string Pipe(string extension)
    {
        var path = _folder.PathOf("pipe" + extension);
        if (!File.Exists(path)) Assert.Equal(0, MakePipe(Encoding.UTF8.GetBytes(path + "\0"), 0x180));
        return path;
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MakePipe(byte[] path, uint mode);
}
