using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using DataStoreFS.Cli.Daemon;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Cli.Options;
using DataStoreFS.Cli.Verbs;
using DataStoreFS.Model;

namespace DataStoreFS.Cli;

/// <summary>From arguments to an exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted; failures are one line on stderr.</summary>
internal static class CommandLine
{
    private const int FailureExitCode = 1;
    private const int UsageExitCode = 2;
    private const int InterruptedExitCode = 130;

    private static readonly (string Command, string Does)[] s_examples =
    [
        (
            "datastorefs mount http://server:9080/datasets/UUID ~/data",
            "Mount the newest data of a dataset; then drag ~/data/export.xml into BigDataViewer"),
        ("datastorefs info http://server:9080/datasets/UUID", "What is in a dataset"),
        ("datastorefs umount ~/data", "Unmount"),
        ("datastorefs serve /data/store --urls http://0.0.0.0:9080", "Serve a folder of datasets to others"),
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        bool helper = MountHelper.IsInvoked();
        int code;
        try
        {
            if (helper)
            {
                args = MountHelper.Translate(args);
                if (args.Length == 0)
                {
                    return 0;
                }
            }

            code = await InvokeAsync(Create(args).Parse(args)).ConfigureAwait(false);
        }
        catch (DataStoreException e)
        {
            Complain(Advice.Complete(e));
            code = e.Kind == DataStoreErrorKind.Usage ? UsageExitCode : FailureExitCode;
        }
        catch (OperationCanceledException)
        {
            code = InterruptedExitCode;
        }
        catch (DllNotFoundException e)
        {
            Complain(MissingLibrary.Fault(e).Message);
            code = FailureExitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Complain(e.Message);
            code = FailureExitCode;
        }

        return helper ? ForMountProgram(code) : code;
    }

    /// <param name="args">What will be parsed; a verb that goes to the background starts it again.</param>
    public static Command Create(IReadOnlyList<string> args)
    {
        Command root = CreateRoot(args);
        foreach (Command verb in (Command[])[
            MountVerb.Create(args),
            UmountVerb.Create(),
            InfoVerb.Create(),
            RefreshVerb.Create(),
            StatusVerb.Create(),
            OverlayVerb.Create(),
            PushVerb.Create(),
            PullVerb.Create(),
            WarmVerb.Create(),
            BenchVerb.Create(),
            ServeVerb.Create(),
            CompletionVerb.Create(),
            DemoVerb.Create(),
        ])
        {
            root.Add(verb);
        }

        root.Add(HelpVerb.Create(root));
        return root;
    }

    /// <summary>The one form in which this program says that something is wrong; a service manager hears it too.</summary>
    public static void Complain(string message)
    {
        ServiceNotifier.Failed(message);
        Console.Error.WriteLine($"datastorefs: {LineText.OneLine(message)}");
    }

    // A RootCommand is named after argv[0], which is a verb's name when machine code is started as "mount.datastorefs", and only a RootCommand
    // has directives.
    private static Command CreateRoot(IReadOnlyList<string> args)
    {
        const string about = "Mounts a dataset of an HPC DataStore as the export.xml + export.n5 tree that BigDataViewer, N5 and zarr read.";
        if (args is [['[', ..], ..])
        {
            RootCommand root = new(about);
            root.Options.Remove(root.Options.OfType<HelpOption>().First());
            root.Add(new HelpOption("--help", "-h", "-?"));
            return root;
        }

        HelpOption help = new("--help", "-h", "-?"); // not /h and /?, which look like files
        help.Action = new HelpWithExamples((HelpAction)help.Action!, s_examples);
        return new Command("datastorefs", about) { help, new VersionOption() };
    }

    private static async Task<int> InvokeAsync(ParseResult parsed)
    {
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            Command command = parsed.CommandResult.Command;
            string verb = parsed.CommandResult.Parent is null ? "" : command.Name + " ";
            throw new DataStoreException(DataStoreErrorKind.Usage, $"{WhatIsWrong(parsed, command)}; try 'datastorefs {verb}--help'");
        }

        try
        {
            // Verbs that live on take their signals themselves; the others may simply be killed.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
        }
        catch (FileNotFoundException fault) when (!WorkingDirectoryExists())
        {
            throw new DataStoreException(
                DataStoreErrorKind.Local, "the working directory has been deleted, and names are relative to it; cd to another one", fault);
        }
    }

    private static string WhatIsWrong(ParseResult parsed, Command command)
    {
        if (parsed.UnmatchedTokens is not [string word, ..])
        {
            return parsed.Errors[0].Message.TrimEnd('.');
        }

        if (word.StartsWith('-'))
        {
            string name = word.Split('=')[0];
            string hint = Spelling.Closest(name, command.Options.Where(o => !o.Hidden).Select(o => o.Name)) is string close
                ? $"; did you mean {close}?"
                : "";
            return $"there is no option '{name}'{hint}";
        }

        return command.Subcommands.Count > 0 ? HelpVerb.Unknown(command, word) : parsed.Errors[0].Message.TrimEnd('.');
    }

    // getcwd(2) fails in a directory that has gone, which .NET reports as a file that it cannot find.
    private static bool WorkingDirectoryExists()
    {
        try
        {
            return Directory.GetCurrentDirectory().Length > 0;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private static int ForMountProgram(int code) => code switch
    {
        0 => 0,
        UsageExitCode => MountHelper.UsageExitCode,
        _ => MountHelper.FailureExitCode,
    };
}
