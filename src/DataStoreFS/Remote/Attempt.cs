using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>How one try of a call ended: well, or with a fault that a repetition may or may not cure.</summary>
internal readonly record struct Attempt(DataStoreException? Fault, bool Again)
{
    public static Attempt Done => default;

    public static Attempt Failed(DataStoreErrorKind kind, string message, Exception? inner = null) => new(new DataStoreException(kind, message, inner), false);

    public static Attempt Transient(DataStoreErrorKind kind, string message, Exception? inner = null) => new(new DataStoreException(kind, message, inner), true);
}
