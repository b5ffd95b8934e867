using System.Buffers.Text;
using System.Globalization;

namespace LinuxFuse.Interop;

/// <summary>What a thread that waits in the kernel has been sent, from <c>/proc/TID/status</c> (proc_pid_status(5)).</summary>
/// <remarks>
/// A signal stays pending until its thread is back in user space, so it is there to be read for as long as the thread waits. One that ends the whole
/// process shows as SIGKILL in each of its threads (kernel/signal.c, complete_signal).
/// </remarks>
internal static unsafe class PendingSignals
{
    private const ulong Interrupt = 1UL << (2 - 1);
    private const ulong Quit = 1UL << (3 - 1);
    private const ulong Kill = 1UL << (9 - 1);

    // What does nothing, or only stops, where there is no handler: SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH.
    private const ulong HarmlessByDefault =
        (1UL << (17 - 1)) | (1UL << (18 - 1)) | (1UL << (19 - 1)) | (1UL << (20 - 1))
        | (1UL << (21 - 1)) | (1UL << (22 - 1)) | (1UL << (23 - 1)) | (1UL << (28 - 1));

    // About 1,500 on a machine of two processors; masks of processors and nodes grow with the machine, behind the signals.
    private const int StatusBytes = 8192;

    /// <summary>Whether a thread is to end, or somebody at a keyboard wants it back: SIGINT and SIGQUIT count also where they are handled.</summary>
    /// <param name="thread">As in a request. 0, which is a thread of another pid namespace, and one that may not be looked at: false.</param>
    public static bool AskToEnd(int thread)
    {
        if (thread <= 0)
            return false;
        byte* bytes = stackalloc byte[StatusBytes];
        int length = Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{thread}/status"), bytes);
        return AskToEnd(new ReadOnlySpan<byte>(bytes, length));
    }

    /// <param name="status">The text of such a file.</param>
    public static bool AskToEnd(ReadOnlySpan<byte> status)
    {
        ulong pending = Mask(status, "\nSigPnd:\t"u8) | Mask(status, "\nShdPnd:\t"u8);
        ulong deaf = (Mask(status, "\nSigBlk:\t"u8) | Mask(status, "\nSigIgn:\t"u8)) & ~Kill;
        ulong handled = Mask(status, "\nSigCgt:\t"u8);
        ulong ends = Interrupt | Quit | ~(handled | HarmlessByDefault);
        return (pending & ~deaf & ends) != 0;
    }

    private static ulong Mask(ReadOnlySpan<byte> status, ReadOnlySpan<byte> label)
    {
        int at = status.IndexOf(label);
        return at >= 0 && Utf8Parser.TryParse(status[(at + label.Length)..], out ulong mask, out _, 'X') ? mask : 0;
    }

    private static int Read(string path, byte* target)
    {
        int fd = Libc.Open(path, Libc.OpenCloseOnExec);
        if (fd < 0)
            return 0;
        int length = 0;
        nint count;
        while (length < StatusBytes && (count = Libc.Read(fd, target + length, (nuint)(StatusBytes - length))) > 0)
            length += (int)count;
        _ = Libc.Close(fd);
        return length;
    }
}
