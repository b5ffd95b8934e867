using System.Runtime.InteropServices;

namespace DataStoreFS.N5;

/// <summary>Anonymous memory straight from the kernel, with a say in its pages.</summary>
internal static unsafe partial class PageMapping
{
    public const int PageBytes = 4096;

    /// <summary>What one page-table entry maps on x86-64, and on arm64 with 4 KiB pages.</summary>
    public const int HugePageBytes = 2 << 20;

    private const int ProtectReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const int AdviseDontNeed = 4;
    private const int AdviseHugePage = 14;
    private const int AdvisePopulateWrite = 23;
    private const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID
    private static readonly nint s_failed = -1;

    /// <summary>
    /// Memory that begins at a multiple of <see cref="HugePageBytes"/> and may be backed by huge pages; without such pages by ordinary ones.
    /// </summary>
    /// <exception cref="InsufficientMemoryException">The address space or a limit (RLIMIT_AS) is used up.</exception>
    public static byte* MapHuge(nint bytes)
    {
        nint whole = Map(bytes + HugePageBytes);
        nint begin = (whole + HugePageBytes - 1) & ~(nint)(HugePageBytes - 1);
        if (begin > whole)
        {
            _ = Unmap(whole, begin - whole);
        }

        _ = Unmap(begin + bytes, whole + HugePageBytes - begin);

        // Refused by kernels without huge pages, and void where the administrator has switched them off: both cost speed only.
        _ = Advise(begin, bytes, AdviseHugePage);
        return (byte*)begin;
    }

    /// <exception cref="InsufficientMemoryException">As for <see cref="MapHuge"/>.</exception>
    public static nint Map(nint bytes)
    {
        nint address = Map(0, bytes, ProtectReadWrite, MapPrivateAnonymous, -1, 0);
        return address == s_failed
            ? throw new InsufficientMemoryException($"the system has no {bytes} bytes of memory for blocks (errno {Marshal.GetLastPInvokeError()})")
            : address;
    }

    /// <summary>Gives the pages back; the addresses stay, and read as zeros.</summary>
    public static void Discard(byte* address, nint bytes) => _ = Advise((nint)address, bytes, AdviseDontNeed);

    /// <summary>Gives memory to a page, or to its small ones, unless it has it; content stays, and others may write to it meanwhile.</summary>
    /// <returns>False if the kernel cannot (older than Linux 5.14), or has no memory left for it.</returns>
    public static bool Populate(nint page) => Advise(page, HugePageBytes, AdvisePopulateWrite) == 0;

    /// <summary>Processor time of the calling thread: what a page costs, without the time in which others had the processor.</summary>
    public static TimeSpan ThreadTime()
    {
        Timespec time;
        return ClockGetTime(ThreadClock, &time) == 0
            ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / 100)
            : TimeSpan.Zero;
    }

    public static void Free(byte* address, nint bytes) => _ = Unmap((nint)address, bytes);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, Timespec* time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
