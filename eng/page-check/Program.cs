using System.Globalization;
using System.Text.Json.Nodes;
using PageCheck;

// Arguments: the browser, the service's address, its process, a folder to work in, and where the picture of the page goes.
var (program, address, process, work, screenshot) = (args[0], new Uri(args[1]), args[2], args[3], args[4]);
using var http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
var phantom = await http.GetByteArrayAsync(new Uri("phantom", UriKind.Relative));
string Save(string name, byte[] bytes)
{
    var path = Path.Combine(work, name);
    File.WriteAllBytes(path, bytes);
    return path;
}

var picture = Save("Doe_Jane_1970.png", phantom);
var text = Save("letter.txt", "Dear colleague, ..."u8.ToArray());
var bomb = Save("bomb.png", Files.Black(10_000, 10_000));
var heavy = Save("heavy.png", new byte[60 << 20]);
try
{
    await using (var browser = await Browser.StartAsync(program, Path.Combine(work, "profile"))) await Page(browser);
    await Memory();
    return 0;
}
catch (Exception e) when (e is InvalidOperationException or TimeoutException or HttpRequestException)
{
    await Console.Error.WriteLineAsync($"page check: {e.Message}");
    return 1;
}

async Task Page(Browser browser)
{
    await browser.SendAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });
    await browser.WaitAsync(
        "document.readyState === 'complete' && !document.getElementById('demonstration').hidden",
        "the page, with the note that this is a demonstration");
    await ByKeyboard(browser);
    Passed("a radiograph by keyboard: probabilities of every head, calibrated bars, heat map");
    await Structures(browser);
    Passed("the switch between heat map and structures, by keyboard");
    await Named(browser);
    Passed("everything that takes the focus has a name");
    await Photograph(browser);
    await Refuses(browser, text, "not an image");
    await Refuses(browser, bomb, "too large");
    await Refuses(browser, heavy, "larger than 50 MB");
    Passed("a text file, a bomb of 100 megapixels and 60 MB are refused in words");
    await ByDrop(browser);
    Passed("a radiograph by drag and drop");
    Require(browser.Errors.IsEmpty, $"the page has errors: {string.Join("; ", browser.Errors)}");
    var elsewhere = browser.Requests.Where(r => !r.StartsWith(address.ToString(), StringComparison.Ordinal)
        && !r.StartsWith("data:", StringComparison.Ordinal)
        && r != "about:blank").ToList();
    Require(elsewhere.Count == 0, $"the page asks elsewhere: {string.Join(" ", elsewhere)}");
}

async Task ByKeyboard(Browser browser)
{
    await browser.SendAsync("Page.setInterceptFileChooserDialog", new JsonObject { ["enabled"] = true });
    await browser.TabToAsync("e.id === 'file'");
    var opened = browser.NextAsync("Page.fileChooserOpened");
    await browser.PressAsync("Enter", 13, "\r");
    await browser.SendAsync(
        "DOM.setFileInputFiles",
        new JsonObject { ["files"] = new JsonArray(picture), ["backendNodeId"] = (int)(await opened)["backendNodeId"]! });
    await browser.SendAsync("Page.setInterceptFileChooserDialog", new JsonObject { ["enabled"] = false });
    await Answered(browser);
    Require((int)(await browser.EvaluateAsync("document.querySelectorAll('#heads h3').length"))! == 4, "not every head is shown");
    Require((bool)(await browser.EvaluateAsync("[...document.querySelectorAll('#heads li button')].every(b => "
        + "parseFloat(b.querySelector('i').style.width) === parseFloat(b.querySelector('.value').textContent))"))!, "a bar is not as long "
        + "as its value");
    Require(
        (int)(await browser.EvaluateAsync("document.querySelectorAll('#heads li button:not(.raw)').length"))! == 1,
        "the calibrated label is not told from the others");

    var before = (string)(await browser.EvaluateAsync("document.getElementById('overlay').src"))!;
    await browser.TabToAsync("e.dataset.label === 'Cardiomegaly'");
    await browser.PressAsync("Enter", 13, "\r");
    await browser.WaitAsync("document.getElementById('caption').textContent.startsWith('Cardiomegaly')", "another label's heat map");
    Require(
        (string)(await browser.EvaluateAsync("document.getElementById('overlay').src"))! != before,
        "the heat map is the same for another label");
    Require((bool)(await browser.EvaluateAsync("document.querySelectorAll('[aria-pressed=true]').length === 1 && "
        + "document.querySelector('[aria-pressed=true]').dataset.label === 'Cardiomegaly'"))!, "the chosen label is not marked");

    await browser.EvaluateAsync("document.body.focus(), document.getElementById('phantom').focus()");
    await browser.TabToAsync("e.id === 'strength'");
    await browser.PressAsync("ArrowLeft", 37);
    Require(
        (double)(await browser.EvaluateAsync("Number(document.getElementById('overlay').style.opacity)"))! < 1,
        "the slider does not weaken the heat map");
    await browser.PressAsync("ArrowRight", 39);
}

async Task Structures(Browser browser)
{
    var map = (string)(await browser.EvaluateAsync("document.getElementById('overlay').src"))!;
    await browser.EvaluateAsync("document.body.focus(), document.getElementById('phantom').focus()");
    await browser.TabToAsync("e.id === 'maps'");
    await browser.PressAsync("ArrowRight", 39);
    await browser.WaitAsync(
        "!document.getElementById('structures').hidden && document.querySelectorAll('#structures li').length === 4",
        "four structures with their colours");
    await browser.WaitAsync(
        "document.getElementById('caption').textContent.startsWith('Cardiothoracic ratio 0.')", "the cardiothoracic ratio");
    Require((string)(await browser.EvaluateAsync("document.getElementById('overlay').src"))! != map, "the heat map is still shown");
    Require((int)(await browser.EvaluateAsync("new Set([...document.querySelectorAll('#structures i')].map(i => "
        + "i.style.background)).size"))! == 4, "two structures have one colour");
    Require(
        (int)(await browser.EvaluateAsync("document.querySelectorAll('[aria-pressed=true]').length"))! == 0,
        "a label stays marked whose heat map is not shown");
    await browser.PressAsync("ArrowLeft", 37);
    await browser.WaitAsync(
        $"document.getElementById('structures').hidden && document.getElementById('overlay').src === '{map}'", "the heat map again");
}

async Task ByDrop(Browser browser)
{
    await browser.EvaluateAsync(
        "document.getElementById('heads').replaceChildren(), document.getElementById('view').hidden = true, scrollTo(0, 0)");
    var at = (await browser.EvaluateAsync(
        "(r => ({ x: r.x + r.width / 2, y: r.y + r.height / 2 }))(document.getElementById('drop').getBoundingClientRect())"))!;
    foreach (var type in (string[])["dragEnter", "dragOver", "drop"])
    {
        await browser.SendAsync("Input.dispatchDragEvent", new JsonObject
        {
            ["type"] = type,
            ["x"] = (double)at["x"]!,
            ["y"] = (double)at["y"]!,
            ["data"] = new JsonObject { ["items"] = new JsonArray(), ["files"] = new JsonArray(picture), ["dragOperationsMask"] = 1 },
        });
    }

    await Answered(browser);
    Require((string)(await browser.EvaluateAsync("document.getElementById('error').textContent"))! == "", "an error of another file stays");
}

async Task Answered(Browser browser)
{
    await browser.WaitAsync("document.querySelectorAll('#heads li button').length > 10", "the probabilities");
    await browser.WaitAsync("!document.getElementById('view').hidden && document.getElementById('overlay').complete && "
        + "document.getElementById('overlay').naturalWidth > 0", "the heat map");
}

async Task Refuses(Browser browser, string file, string words)
{
    await browser.ChooseAsync(file);
    await browser.WaitAsync(
        $"document.getElementById('error').textContent.includes('{words}')", $"that {Path.GetFileName(file)} is refused as '{words}'");
    Require(
        (int)(await browser.EvaluateAsync("document.querySelectorAll('#heads li').length"))! == 0,
        "probabilities of an earlier picture stay");
}

async Task Named(Browser browser)
{
    var nodes = (await browser.SendAsync("Accessibility.getFullAXTree"))["nodes"]!.AsArray();
    var unnamed = nodes.Where(n => !((bool?)n!["ignored"]
        ?? false) && n["properties"]?.AsArray().Any(p => (string)p!["name"]! == "focusable" && (bool)p["value"]!["value"]!) == true
        && string.IsNullOrWhiteSpace((string?)n["name"]?["value"])).Select(n => (string?)n!["role"]?["value"]).ToList();
    Require(unnamed.Count == 0, $"without a name for a screen reader: {string.Join(", ", unnamed)}");
    Require((string)(await browser.EvaluateAsync("document.documentElement.lang"))! == "en", "the page has no language");
}

async Task Photograph(Browser browser)
{
    // The strongest label again, as a reader finds it.
    await browser.EvaluateAsync("[...document.querySelectorAll('#heads li button')].sort((a, b) => "
        + "parseFloat(b.querySelector('.value').textContent) - parseFloat(a.querySelector('.value').textContent))[0].click()");
    await browser.WaitAsync("!document.getElementById('caption').textContent.startsWith('Cardiomegaly')", "the strongest label's heat map");
    await browser.EvaluateAsync("document.activeElement.blur(), scrollTo(0, 0), new Promise(r => setTimeout(r, 200))");
    var image = await browser.SendAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" });
    File.WriteAllBytes(screenshot, Convert.FromBase64String((string)image["data"]!));
}

// Fifty uploads at once, again and again: what the service holds must not grow with them.
async Task Memory()
{
    for (var i = 0; i < 3; i++) await Wave();
    var before = Resident();
    for (var i = 0; i < 5; i++) await Wave();
    var growth = Resident() - before;
    Require(growth < 48, $"memory grew by {growth} MB over 250 uploads");
    Passed($"50 uploads at once, five times: memory went from {before} to {before + growth} MB");

    async Task Wave()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => http.PostAsync(new Uri("predictions", UriKind.Relative), new ByteArrayContent(phantom))));
        foreach (var answer in answers)
        {
            Require(answer.IsSuccessStatusCode, $"an upload of fifty was answered with {answer.StatusCode}");
            answer.Dispose();
        }
    }
}

long Resident() =>
    long.Parse(File.ReadLines($"/proc/{process}/status")
        .Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

static void Require(bool holds, string problem)
{
    if (!holds) throw new InvalidOperationException(problem);
}

static void Passed(string what) => Console.WriteLine($"page check: {what}");
