using System.Globalization;
using System.Runtime.InteropServices;

namespace DataStoreFS.Cli.Interop;

/// <summary>The few system calls that .NET has no words for and that a daemon needs.</summary>
internal static partial class LibC
{
    public const int SignalTerminate = 15; // SIGTERM

    /// <summary>Descriptors that a daemon takes at most: what Linux allows a process by itself (fs.nr_open).</summary>
    public const int MostDescriptors = 1 << 20;

    private const int DescriptorLimit = 7; // RLIMIT_NOFILE on x86-64 and arm64
    private const int SetDescriptorFlags = 2; // F_SETFD
    private const int InterruptedError = 4; // EINTR
    private const int CloseOnExec = 1; // FD_CLOEXEC
    private const int OpenCloseOnExec = 0x80000; // O_CLOEXEC

    /// <summary>Leaves the terminal's session, so that closing the terminal does not send SIGHUP.</summary>
    public static void LeaveSession() => _ = SetSid(); // fails only for a process group's leader, which a child of ours is not

    /// <summary>
    /// Makes <paramref name="path"/> (opened for reading and writing, or for appending) the descriptor <paramref name="fd"/>, and every other one
    /// that is open to the same pipe, terminal or file. False when it cannot be opened.
    /// </summary>
    /// <remarks>
    /// There are others: the runtime duplicates stdin, stdout and stderr when it starts (PAL FILEInitStdHandles), and <see cref="Console"/> does when
    /// it is first used. A duplicate that stays open keeps whoever reads the pipe's other end waiting for as long as the process lives.
    /// </remarks>
    public static bool Redirect(int fd, string path, bool append)
    {
        // O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC or O_RDWR|O_CLOEXEC; these values are the same on x86-64 and arm64.
        int opened = Open(path, append ? 0x1 | 0x40 | 0x400 | OpenCloseOnExec : 0x2 | OpenCloseOnExec, 0x1B6 /* 0666, less the umask */);
        if (opened < 0)
        {
            return false;
        }

        string? old = LinkOf(fd);
        foreach (int same in Descriptors().Where(d => d == fd || (d != opened && old is not null && LinkOf(d) == old)))
        {
            _ = Dup3(opened, same, same > 2 ? OpenCloseOnExec : 0);
        }

        _ = Close(opened);
        return true;
    }

    /// <summary>
    /// Keeps every inherited descriptor above stderr, except <paramref name="keep"/>, from a process that is started next. A shell's pipes and lock
    /// files would otherwise stay open as long as the mount, and whoever waits for their end would wait that long.
    /// </summary>
    public static void KeepDescriptorsFromChildren(int keep)
    {
        foreach (int fd in Descriptors().Where(d => d > 2 && d != keep))
        {
            _ = Fcntl(fd, SetDescriptorFlags, CloseOnExec);
        }
    }

    /// <summary>
    /// Writes to a descriptor by its number, so that the words go where <see cref="Redirect"/> has led it.
    /// </summary>
    public static unsafe void Write(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint written = WriteBytes(fd, start + done, bytes.Length - done);
                if (written > 0)
                {
                    done += (int)written;
                }
                else if (Marshal.GetLastPInvokeError() != InterruptedError)
                {
                    return; // a closed pipe, a full disk: there is nobody left to tell
                }
            }
        }
    }

    /// <summary>
    /// Raises the soft limit of descriptors to the hard one. The soft one is 1,024 almost everywhere, for programs that use select(2); every open
    /// file of the overlay is a descriptor. The runtime does it (PAL INIT_IncreaseDescriptorLimit), machine code does not.
    /// </summary>
    public static unsafe void RaiseDescriptorLimit()
    {
        ResourceLimit limit;
        if (GetResourceLimit(DescriptorLimit, &limit) == 0 && limit.Soft < Math.Min(limit.Hard, MostDescriptors))
        {
            limit.Soft = Math.Min(limit.Hard, MostDescriptors);
            _ = SetResourceLimit(DescriptorLimit, &limit); // refused by a filter of system calls: then it stays as it is
        }
    }

    public static int Kill(int process, int signal) => KillProcess(process, signal);

    private static int[] Descriptors() =>
        [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(e => int.Parse(Path.GetFileName(e.AsSpan()), CultureInfo.InvariantCulture))];

    /// <summary>What a descriptor is open to, like <c>pipe:[4711]</c>; null when it is not open (any more).</summary>
    private static string? LinkOf(int fd)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}")).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "dup3")]
    private static partial int Dup3(int from, int to, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Fcntl(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteBytes(int fd, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static unsafe partial int GetResourceLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static unsafe partial int SetResourceLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int KillProcess(int process, int signal);

    private struct ResourceLimit
    {
        public nuint Soft;
        public nuint Hard;
    }
}
