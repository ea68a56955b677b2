using Ark.Cli;

NativeHeap.KeepFreedBlocks();
return await ArkCommandLine.RunAsync(args, Console.Out, Console.Error, isTerminal: !Console.IsErrorRedirected);
