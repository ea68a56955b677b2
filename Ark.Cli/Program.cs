using Ark.Cli;

if (!ProcessLimits.Suffice()) return ExitCode.Failed;
NativeHeap.KeepFreedBlocks();
return await ArkCommandLine.RunAsync(args, Console.Out, Console.Error, isTerminal: !Console.IsErrorRedirected, quit: ProcessEnd.Now);
