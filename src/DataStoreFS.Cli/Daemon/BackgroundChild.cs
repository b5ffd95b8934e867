using System.Runtime.InteropServices;
using System.Text;
using DataStoreFS.Cli.Interop;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Model;

namespace DataStoreFS.Cli.Daemon;

/// <summary>
/// The side of a process that was started by <see cref="Background"/>: it says "ready" or why not, once, and then lets go of the terminal.
/// </summary>
/// <remarks>
/// Until it is ready it stays in the process group of whoever started it: an automount point lets only the automounter's group through
/// (fs/autofs/autofs_i.h autofs_oz_mode; systemd keeps mount(8) in its own for that), and makes everybody else who comes past it wait for the mount.
/// </remarks>
internal sealed class BackgroundChild
{
    public const string Marker = "DATASTOREFS_BACKGROUND";
    public const string ReadyWord = "ready";

    // What the terminal sends to the group is for the process that waits, which passes the end on as SIGTERM.
    private readonly PosixSignalRegistration[] _terminal =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore),
        PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Ignore),
        PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Ignore),
    ];

    private bool _said;

    private BackgroundChild()
    {
    }

    /// <summary>This process's side, or null when it was not started as one.</summary>
    public static BackgroundChild? TryAdopt()
    {
        if (Environment.GetEnvironmentVariable(Marker) is null)
        {
            return null;
        }

        // A grandchild (fusermount3) is none.
        Environment.SetEnvironmentVariable(Marker, null);
        return new BackgroundChild();
    }

    /// <summary>
    /// The parent returns success; its session, stdin, stdout and stderr are let go, stderr into the log file when there is one. Nothing may look
    /// at the mount point's path from now on until the parent has returned.
    /// </summary>
    /// <param name="logFile">Null: none.</param>
    /// <param name="news">What the parent says on its stdout; null: nothing.</param>
    public void Ready(string? logFile, string? news)
    {
        // stderr before "ready": the parent's caller may wait for its end, and $(datastorefs mount … 2>&1) has to return with the parent.
        if (logFile is null || !LibC.Redirect(2, logFile, append: true))
        {
            LibC.Redirect(2, "/dev/null", append: false);
        }

        // Before it, too: with the parent the terminal may go, and SIGHUP comes to all who are left.
        LibC.LeaveSession();
        Array.ForEach(_terminal, r => r.Dispose());
        TrySay(news is null ? ReadyWord : $"{ReadyWord} {LineText.OneLine(news)}");

        // A daemon keeps no terminal, no pipe and no directory busy.
        LibC.Redirect(0, "/dev/null", append: false);
        LibC.Redirect(1, "/dev/null", append: false);
        Environment.CurrentDirectory = "/";
    }

    /// <summary>The parent says it for us. False after <see cref="Ready"/>: nobody listens any more.</summary>
    public bool TryFail(DataStoreException fault) => TrySay($"{fault.Kind} {LineText.OneLine(fault.Message)}");

    private static void Ignore(PosixSignalContext context) => context.Cancel = true;

    private bool TrySay(string line)
    {
        if (_said)
        {
            return false;
        }

        _said = true;
        LibC.Write(1, Encoding.UTF8.GetBytes(line + "\n"));
        return true;
    }
}
