using System.Runtime.InteropServices;

namespace LinuxFuse.Interop;

/// <summary>Kernel threads: who am I, is that one mine, and how to get one out of a blocking system call.</summary>
internal static unsafe class Threads
{
    // SIGURG: ignored by default, sent by nobody to a process without out-of-band sockets; the Go runtime uses it in the same way.
    private const int WakeSignal = 23;

    private static readonly bool s_arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly nint s_getTid = s_arm ? 178 : 186;
    private static readonly nint s_tgkill = s_arm ? 131 : 234;
    private static readonly Lazy<bool> s_wakeHandler = new(InstallWakeHandler);

    public static int CurrentId => (int)Libc.SystemCall(s_getTid, 0, 0, 0);

    /// <summary>True if a thread of this process has this id now.</summary>
    public static bool IsOwn(int threadId) => Libc.SystemCall(s_tgkill, Environment.ProcessId, threadId, 0) == 0;

    /// <summary>
    /// Makes a system call that the thread is blocked in return EINTR. One that starts later is not affected: repeat until it worked.
    /// </summary>
    public static void Wake(int threadId)
    {
        if (s_wakeHandler.Value)
            _ = Libc.SystemCall(s_tgkill, Environment.ProcessId, threadId, WakeSignal);
    }

    /// <summary>
    /// A blocked read(2) ends early only for a signal that has a handler without SA_RESTART. The handler may not be managed code, so it is a libc
    /// function which takes an int and does nothing: abs(3).
    /// </summary>
    private static bool InstallWakeHandler()
    {
        SignalHandler old;
        if (Libc.SignalAction(WakeSignal, null, &old) != 0)
            return false;
        SignalHandler action = new() { Handler = NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "abs") };
        return Libc.SignalAction(WakeSignal, &action, null) == 0;
    }
}
