namespace DataStoreFS.Model;

/// <summary>What went wrong, in the terms in which a caller decides what to do. The FUSE edge has the one table from these to errno.</summary>
public enum DataStoreErrorKind
{
    /// <summary>The server does not know the dataset, version or file that was asked for.</summary>
    NotFound,

    /// <summary>No answer: refused, reset, name not resolved, or 5xx past the retries.</summary>
    Unreachable,

    /// <summary>The server answered too late.</summary>
    Timeout,

    /// <summary>Token missing, wrong, expired, or without the right.</summary>
    Unauthorized,

    /// <summary>The answer breaks the protocol: sizes that cannot be, a body cut short, malformed JSON or XML.</summary>
    Protocol,

    /// <summary>The server refused the request as such (4xx).</summary>
    Refused,

    /// <summary>What a program wrote is not a block of this level.</summary>
    InvalidData,

    ReadOnly,
    NotPermitted,

    /// <summary>A journal, cache or overlay has no room left.</summary>
    NoSpace,

    /// <summary>A file would grow past what it can ever be.</summary>
    TooLarge,

    /// <summary>Options or arguments that cannot be.</summary>
    Usage,

    /// <summary>A local file or system call failed.</summary>
    Local,
}

/// <summary>A fault, with its kind. The message names the thing, the reason and, where there is one, the next step; it is one line.</summary>
public sealed class DataStoreException : Exception
{
    public DataStoreException(DataStoreErrorKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    public DataStoreErrorKind Kind { get; }

    /// <summary>The server itself answered so: what is at fault is what it was asked for, not the way to it.</summary>
    public bool IsAnswer { get; init; }
}
