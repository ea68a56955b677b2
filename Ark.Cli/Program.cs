using Ark.Cli;

return await ArkCommandLine.RunAsync(args, Console.Out, Console.Error, isTerminal: !Console.IsErrorRedirected);
