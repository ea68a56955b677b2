using System.Globalization;
using System.Text;
using Ark.Data;
using Ark.Service;
using Ark.Tests;
using Microsoft.AspNetCore.Http;

namespace Ark.Fuzz;

internal sealed class HttpTarget : FuzzTarget
{
    private const int MaxUpload = 1 << 20;

    private static readonly NetVipsImageDecoder Decoder = new(new ImageDecoderOptions { MaxPixels = 4 << 20, MaxBytes = MaxUpload });
    private static readonly ServiceLimits Limits = new() { MaxUploadBytes = MaxUpload };

    private static readonly string[] Words =
    [
        "multipart/form-data", "multipart/form-data; boundary=X", "multipart/form-data; boundary=\"X\"", "multipart/form-data; boundary=",
        "multipart/form-data; boundary", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=X; boundary=Y",
        "multipart/mixed; boundary=X", "application/x-www-form-urlencoded", "image/png", "application/json", "application/octet-stream",
        "text/plain; charset=utf-7", "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"", "Content-Disposition: form-data",
        "Content-Disposition: attachment; filename*=UTF-8''a.png", "Content-Disposition: form-data; name=x", "Content-Type: image/png",
        "Content-Transfer-Encoding: base64", "--X", "--X--", "\r\n", "\r", "\n\n", ":", ";", "=", "\"", "\0", "filename=",
        "Content-Length: 5",
    ];

    public override string Name => "http";

    public override string Description => "bodies and forms of the service's requests";

    public override int SmokeExecutions => 800;

    public override long MaxAllocated(int length) => (128L << 20) + (64L * length);

    public override bool IsRefusal(Exception exception) => exception is UploadException or ArkInputException;

    public override IReadOnlyList<byte[]> Seeds()
    {
        var png = Encoded.Png(Encoded.Picture(8, 6, 1));
        return
        [
            Request("image/png", png), Request("application/octet-stream", png, declares: false),
            Request("multipart/form-data; boundary=X", Form("X", ("form-data; name=\"file\"; filename=\"a.png\"", png))),
            Request("multipart/form-data; boundary=\"X\"", Form(
                "X", ("form-data; name=note", Samples.Text("text")), ("form-data; name=\"file\"; filename*=UTF-8''a.png", png)), false),
            Request("multipart/form-data; boundary=X", Form("X", ("form-data; name=\"x\"", Samples.Text("y")))),
            Request("application/json", Samples.Text("""{"image":"iVBORw0KGgo=","dimensions":8}""")),
            Request("application/x-www-form-urlencoded", Samples.Text("file=a&dimensions=5")),
            Request("multipart/form-data; boundary=X", Form("X", ("form-data; name=big", new byte[3000]), ("form-data; filename=a", png))),
        ];
    }

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var (head, body) = Split(seed);
        if (random.Chance(0.35))
            head = TextMutations.Apply(head, [head, .. others.Take(8).Select(o => Split(o).Head)], ":;= ", Words, random);
        if (random.Chance(0.7))
        {
            body = random.Chance(0.15) ? Grown(body, random)
                : TextMutations.Apply(body, [body, Split(others[random.NextInt32(others.Count)]).Body], ":;=", Words, random);
        }

        return [.. head, .. "\n\n"u8, .. body];
    }

    public override void Run(byte[] input, Execution execution)
    {
        var (head, body) = Split(input);
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        foreach (var line in Encoding.Latin1.GetString(head).Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) continue;
            var (name, value) = (line[..colon].Trim(), line[(colon + 1)..].Trim());
            // The server reads the length itself, and lets no control characters pass.
            if (value.AsSpan().ContainsAnyInRange('\0', '\x1f') || value.Contains('\x7f', StringComparison.Ordinal)) continue;
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) context.Request.Headers[name] = value;
            else if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length))
                context.Request.ContentLength = length;
        }

        // A server gives a body in pieces.
        context.Request.Body = new PiecewiseStream(body, 1 + (input.Length % 997));
        byte[]? picture = null;
        execution.Try("upload", () =>
        {
            using var room = new UploadBudget(long.MaxValue).Lend();
            picture = UploadReader.ReadAsync(context.Request, Limits, room, CancellationToken.None).GetAwaiter().GetResult();
            if (picture.Length > MaxUpload) throw new BrokenContractException("More was read than is allowed.");
            if (room.Held > Math.Max(picture.Length * 5L, 128 << 10)) throw new BrokenContractException("Too much room was taken.");
            return $"{Math.Min(picture.Length, 2)}";
        });
        if (picture is not null)
            execution.Try("picture", () => $"{Decoder.Decode(picture, "image").Channels}");
    }

    private static byte[] Request(string type, byte[] body, bool declares = true)
    {
        var head = $"Content-Type: {type}" + (declares ? $"\nContent-Length: {body.Length}" : "");
        return [.. Samples.Text(head + "\n\n"), .. body];
    }

    private static byte[] Form(string boundary, params (string Disposition, byte[] Content)[] parts) =>
    [
        .. parts.SelectMany(p => (byte[])
        [
            .. Samples.Text($"--{boundary}\r\nContent-Disposition: {p.Disposition}\r\n\r\n"), .. p.Content, .. "\r\n"u8,
        ]),
        .. Samples.Text($"--{boundary}--\r\n"),
    ];

    private static (byte[] Head, byte[] Body) Split(byte[] request)
    {
        var at = request.AsSpan().IndexOf("\n\n"u8);
        return at < 0 ? (request, []) : (request[..at], request[(at + 2)..]);
    }

    // Many fields, or one that is long.
    private static byte[] Grown(byte[] body, RandomStream random)
    {
        var field = random.Chance(0.5)
            ? [.. "--X\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n"u8]
            : Extremes.Bytes(1 + random.NextInt32(3000), random);
        return [.. Enumerable.Repeat(field, 1 + random.NextInt32(200)).SelectMany(f => f), .. body];
    }
}
