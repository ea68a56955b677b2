using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace PageCheck;

/// <summary>One page of a headless Chromium, driven over the DevTools protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _calls = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonNode>> _awaited = new();
    private Task _reading = Task.CompletedTask;
    private int _id;

    private Browser(Process process) => _process = process;

    /// <summary>Uncaught errors of the page.</summary>
    public ConcurrentQueue<string> Errors { get; } = [];

    /// <summary>Addresses that the page asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public static async Task<Browser> StartAsync(string program, string profile)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--hide-scrollbars", "--window-size=1180,1080",
            "--remote-debugging-port=0", "--remote-allow-origins=*", $"--user-data-dir={profile}", "about:blank"])
            start.ArgumentList.Add(argument);
        var browser = new Browser(Process.Start(start) ?? throw new InvalidOperationException("the browser did not start"));
        var port = await browser.PortAsync();
        using var http = new HttpClient();
        var targets = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json/list")))!.AsArray();
        var page = targets.First(t => (string)t!["type"]! == "page")!;
        await browser._socket.ConnectAsync(new Uri((string)page["webSocketDebuggerUrl"]!), CancellationToken.None);
        browser._reading = Task.Run(browser.ReadAsync);
        foreach (var domain in (string[])["Page", "Runtime", "DOM", "Network", "Accessibility"])
            await browser.SendAsync($"{domain}.enable");
        return browser;
    }

    public async Task<JsonNode> SendAsync(string method, JsonObject? parameters = null)
    {
        var id = Interlocked.Increment(ref _id);
        var call = _calls[id] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        await _socket.SendAsync(
            System.Text.Encoding.UTF8.GetBytes(message.ToJsonString()),
            WebSocketMessageType.Text,
            endOfMessage: true,
            CancellationToken.None);
        return await call.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>The next event of a name.</summary>
    public Task<JsonNode> NextAsync(string name) =>
        _awaited
            .GetOrAdd(name, _ => new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously)).Task
            .WaitAsync(TimeSpan.FromSeconds(20));

    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        var answer = await SendAsync(
            "Runtime.evaluate", new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true });
        if (answer["exceptionDetails"] is { } problem)
            throw new InvalidOperationException($"{expression}: {problem["exception"]?["description"] ?? problem["text"]}");
        return answer["result"]!["value"];
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task WaitAsync(string expression, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!((bool?)await EvaluateAsync($"!!({expression})") ?? false))
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
                throw new InvalidOperationException(
                    $"{what}: not within a minute. The page says: {await EvaluateAsync("document.body.innerText")}");
            await Task.Delay(50);
        }
    }

    /// <summary>Presses and releases a key.</summary>
    public async Task PressAsync(string key, int code, string? text = null)
    {
        foreach (var type in (string[])["keyDown", "keyUp"])
        {
            var parameters = new JsonObject { ["type"] = type, ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code };
            if (text is not null && type == "keyDown") parameters["text"] = text;
            await SendAsync("Input.dispatchKeyEvent", parameters);
        }
    }

    /// <summary>Presses the tabulator until an element has the focus.</summary>
    public async Task TabToAsync(string expression)
    {
        for (var i = 0; i < 60; i++)
        {
            if ((bool)(await EvaluateAsync($"(e => !!({expression}))(document.activeElement)"))!) return;
            await PressAsync("Tab", 9);
        }

        throw new InvalidOperationException($"the tabulator never reaches {expression}");
    }

    /// <summary>Chooses a file without the keyboard.</summary>
    public async Task ChooseAsync(string path)
    {
        var input = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = "document.getElementById('file')" });
        await SendAsync(
            "DOM.setFileInputFiles",
            new JsonObject { ["files"] = new JsonArray(path), ["objectId"] = (string)input["result"]!["objectId"]! });
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await SendAsync("Browser.close");
            await _reading;
        }
        finally
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
            _socket.Dispose();
        }
    }

    private async Task<string> PortAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var seen = new List<string>();
        while (await _process.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            seen.Add(line);
            if (!line.StartsWith("DevTools listening on ", StringComparison.Ordinal)) continue;
            // Nobody else reads what it goes on to say; the pipe must not fill.
            _ = _process.StandardError.ReadToEndAsync();
            _ = _process.StandardOutput.ReadToEndAsync();
            return new Uri(line["DevTools listening on ".Length..]).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException($"the browser ended: {string.Join(" | ", seen)}");
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 16];
        while (_socket.State == WebSocketState.Open)
        {
            using var whole = new MemoryStream();
            ValueWebSocketReceiveResult part;
            do
            {
                try
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                }
                catch (WebSocketException)
                {
                    // The browser has closed.
                    return;
                }

                whole.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);
            if (part.MessageType == WebSocketMessageType.Close) return;
            Receive(JsonNode.Parse(whole.ToArray())!);
        }
    }

    private void Receive(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (!_calls.TryRemove((int)id, out var call)) return;
            if (message["error"] is { } error) call.TrySetException(new InvalidOperationException(error.ToJsonString()));
            else call.TrySetResult(message["result"]!.DeepClone());
            return;
        }

        var (method, parameters) = ((string)message["method"]!, message["params"]!);
        if (method == "Runtime.exceptionThrown") Errors.Enqueue(parameters["exceptionDetails"]!.ToJsonString());
        if (method == "Network.requestWillBeSent") Requests.Enqueue((string)parameters["request"]!["url"]!);
        if (_awaited.TryRemove(method, out var awaited)) awaited.TrySetResult(parameters.DeepClone());
    }
}
