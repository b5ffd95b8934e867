using DataStoreFS.Model;

namespace DataStoreFS.Remote;

/// <summary>How one try of a call ended: well, or with a fault.</summary>
/// <param name="Fault">Null when it went well.</param>
/// <param name="Again">A repetition may cure it.</param>
/// <param name="Silent">The server itself gave no answer; a gateway before it may have.</param>
internal readonly record struct Attempt(DataStoreException? Fault, bool Again, bool Silent)
{
    public static Attempt Done => default;

    /// <summary>The server has answered, and would answer the same again.</summary>
    public static Attempt Failed(DataStoreErrorKind kind, string message, Exception? inner = null) =>
        new(new DataStoreException(kind, message, inner) { IsAnswer = true }, Again: false, Silent: false);

    /// <summary>The server has answered, but may answer differently soon.</summary>
    public static Attempt Transient(DataStoreErrorKind kind, string message, Exception? inner = null) =>
        new(new DataStoreException(kind, message, inner) { IsAnswer = true }, Again: true, Silent: false);

    /// <summary>The server has not answered.</summary>
    public static Attempt Silence(DataStoreErrorKind kind, string message, bool again, Exception? inner = null) =>
        new(new DataStoreException(kind, message, inner), again, Silent: true);
}
