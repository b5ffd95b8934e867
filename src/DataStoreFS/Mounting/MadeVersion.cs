using DataStoreFS.Model;
using LinuxFuse;

namespace DataStoreFS.Mounting;

/// <summary>
/// A mount of <c>new</c> that fails has made a version all the same. Whoever reads why has to hear its number, or the next try makes another one.
/// </summary>
internal static class MadeVersion
{
    /// <summary>The fault with the version's number and what to mount instead; null where none was made.</summary>
    /// <param name="source">What was to be mounted.</param>
    /// <param name="made">The number; null: not yet.</param>
    /// <param name="fault">Why it was not.</param>
    public static Exception? Explain(SourceAddress source, string? made, Exception fault)
    {
        if (source.Version != "new" || made is null)
        {
            return null;
        }

        string message = $"version {made} was made, but is not mounted: {fault.Message}; mount {source with { Version = made }} once that is settled";
        return fault switch
        {
            DataStoreException e => new DataStoreException(e.Kind, message, e),
            FuseException e => new FuseException(message, e.Errno, e),
            _ => null,
        };
    }
}
