using Ark;
using Ark.Service;

try
{
    await using var app = ServiceHost.Build(args);
    ServiceHost.LoadModel(app);
    await app.RunAsync();
    return 0;
}
catch (ArkInputException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
