using Microsoft.Extensions.Logging;

namespace LinuxFuse;

/// <summary>How to mount and how to serve. The defaults are right for most file systems.</summary>
public sealed record FuseOptions
{
    /// <summary>Shown as the device in /proc/mounts and by df. Commas and backslashes are allowed.</summary>
    public string Source { get; init; } = "fuse";

    /// <summary>Shown as <c>fuse.SUBTYPE</c> in /proc/mounts.</summary>
    public string Subtype { get; init; } = "";

    public bool ReadOnly { get; init; }

    /// <summary>Other users may use the mount. Without it not even root may.</summary>
    public bool AllowOther { get; init; }

    /// <summary>The kernel checks permission bits, so that handlers need not and ACCESS never comes.</summary>
    public bool DefaultPermissions { get; init; } = true;

    public bool NoSuid { get; init; } = true;

    public bool NoDevices { get; init; } = true;

    public bool NoExecute { get; init; }

    public bool NoAccessTime { get; init; } = true;

    /// <summary>Who does the mounting. <see cref="MountMethod.Automatic"/>: mount(2) where allowed, else fusermount3.</summary>
    public MountMethod Method { get; init; }

    /// <summary>Threads that read requests and run handlers. 0: one for each CPU, at least two.</summary>
    public int Readers { get; init; }

    /// <summary>Each reader gets a descriptor of its own (FUSE_DEV_IOC_CLONE). Pays only on machines with many cores.</summary>
    public bool CloneDevice { get; init; }

    /// <summary>Largest WRITE and READ in bytes, 4096 to 16 MiB. The kernel may allow less.</summary>
    public int MaxWrite { get; init; } = 1024 * 1024;

    /// <summary>
    /// Bytes of WRITE requests that asynchronous handlers may hold at a time. Past that, each reader that gets another WRITE waits for one to end,
    /// and when all readers do, nothing else is read either, INTERRUPT included: such handlers need a deadline of their own.
    /// </summary>
    public long MaxWriteBytesInFlight { get; init; } = 64L * 1024 * 1024;

    /// <summary>Asynchronous requests (readahead, direct I/O, RELEASE) that the kernel keeps in flight.</summary>
    public int MaxBackground { get; init; } = 64;

    /// <summary>Readahead window in KiB, set through /sys after mounting where permitted. Null leaves the kernel's (usually 128).</summary>
    public int? ReadaheadKilobytes { get; init; }

    /// <summary>Granularity of times in nanoseconds, 1 to 1,000,000,000.</summary>
    public int TimeGranularity { get; init; } = 1;

    /// <summary>
    /// Capabilities beyond the usual ones, for file systems that are made for them. Asking for what this library has not implemented throws.
    /// </summary>
    public FuseCapabilities Requested { get; init; }

    /// <summary>Capabilities that are not wanted although they are usual.</summary>
    public FuseCapabilities Refused { get; init; }

    /// <summary>Requests from the daemon's own process, which could wait for itself for ever, are answered EDEADLK.</summary>
    public bool RefuseOwnRequests { get; init; } = true;

    /// <summary>
    /// The error that a caller sees when a handler threw; null, or a throwing mapper: EIO. Not asked when the request was interrupted and its handler
    /// was cancelled: that is EINTR.
    /// </summary>
    public Func<Exception, Errno>? ErrorMapper { get; init; }

    /// <summary>
    /// How long <see cref="FuseMount.DisposeAsync"/> waits for users to close their files, and then for handlers, before it aborts the connection.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One line for each request and reply goes to this file (format: README). Must lie outside of the mount.</summary>
    public string? TraceFile { get; init; }

    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>For tests: capabilities that the kernel shall seem not to have.</summary>
    public FuseCapabilities MaskedFlags { get; init; }

    /// <summary>For tests: the kernel shall seem to speak this minor version, if its own is newer.</summary>
    public int? EmulatedMinor { get; init; }

    /// <summary>For tests: whether a calling thread, which was signalled, is to end. Null: the kernel is asked.</summary>
    internal Func<int, bool>? MustEnd { get; init; }
}
