using Ark;
using Ark.Service;
using Microsoft.Extensions.Options;

NativeHeap.Share();
try
{
    await using var app = ServiceHost.Build(args);
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (e is ArkInputException or OptionsValidationException
    || (e is InvalidOperationException && e.InnerException is FormatException or ArgumentException or OverflowException))
{
    // What the configuration says cannot be used; a trace of the stack would only hide which key.
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
