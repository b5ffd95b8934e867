namespace LinuxFuse;

/// <summary>What kernel and file system can agree on in INIT: the 64 bits of <c>flags</c> and <c>flags2</c>.</summary>
[Flags]
public enum FuseCapabilities : ulong
{
    None = 0,

    /// <summary>Several READs of one file at a time (readahead).</summary>
    AsyncRead = 1UL << 0,

    /// <summary>fcntl locks come to the file system. Without it the kernel does them for this machine alone.</summary>
    PosixLocks = 1UL << 1,

    /// <summary><c>O_TRUNC</c> comes with OPEN instead of a SETATTR after it.</summary>
    AtomicTruncate = 1UL << 3,

    /// <summary>NFS export: LOOKUP of "." and "..".</summary>
    ExportSupport = 1UL << 4,
    BigWrites = 1UL << 5,

    /// <summary>The umask is not applied by the kernel but sent along.</summary>
    DontMask = 1UL << 6,
    SpliceWrite = 1UL << 7,
    SpliceMove = 1UL << 8,
    SpliceRead = 1UL << 9,
    FlockLocks = 1UL << 10,
    IoctlDirectories = 1UL << 11,

    /// <summary>The kernel drops cached pages when size or modification time changed.</summary>
    AutoInvalidateData = 1UL << 12,
    ReadDirPlus = 1UL << 13,

    /// <summary>The kernel chooses between READDIR and READDIRPLUS by what the program does with the names.</summary>
    ReadDirPlusAuto = 1UL << 14,
    AsyncDirectIO = 1UL << 15,

    /// <summary>The kernel collects writes and owns size and times of files that are written.</summary>
    WritebackCache = 1UL << 16,

    /// <summary>ENOSYS as the answer to OPEN: no OPEN, RELEASE and FLUSH on this connection ever again.</summary>
    NoOpen = 1UL << 17,

    /// <summary>LOOKUP and READDIR of one directory may come in parallel.</summary>
    ParallelDirectoryOperations = 1UL << 18,
    HandleKillPrivileges = 1UL << 19,
    PosixAcl = 1UL << 20,

    /// <summary>An aborted connection reads ECONNABORTED, an unmounted one ENODEV.</summary>
    AbortError = 1UL << 21,

    /// <summary>Requests of more than 128 KiB.</summary>
    MaxPages = 1UL << 22,
    CacheSymlinks = 1UL << 23,

    /// <summary>ENOSYS as the answer to OPENDIR: no OPENDIR ever again, and listings are cached until invalidated.</summary>
    NoOpenDir = 1UL << 24,

    /// <summary>Cached pages go only when the file system says so.</summary>
    ExplicitInvalidateData = 1UL << 25,
    MapAlignment = 1UL << 26,
    Submounts = 1UL << 27,
    HandleKillPrivilegesV2 = 1UL << 28,
    SetXAttrExtended = 1UL << 29,

    /// <summary>There is a second word of flags.</summary>
    InitExtended = 1UL << 30,
    SecurityContext = 1UL << 32,
    InodeDax = 1UL << 33,
    CreateSupplementaryGroup = 1UL << 34,

    /// <summary><see cref="FuseNotifier.ExpireEntry"/>.</summary>
    ExpireOnly = 1UL << 35,

    /// <summary>mmap of files opened with <see cref="OpenReply.DirectIO"/>.</summary>
    DirectIOMap = 1UL << 36,

    /// <summary>Reads and writes served by another file (<see cref="BackingFile"/>).</summary>
    Passthrough = 1UL << 37,
    NoExport = 1UL << 38,
    Resend = 1UL << 39,
    IdMappedMounts = 1UL << 40,
    IOUring = 1UL << 41,
    RequestTimeout = 1UL << 42,
}
