using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.WriteBack;

/// <summary>The mount's own writes that are not on the server yet. They are what a reader of this mount sees.</summary>
public interface IWriteSource
{
    /// <summary>No allocation: it is asked before every read.</summary>
    /// <param name="key">Inside its grid.</param>
    /// <param name="block">A reference that the caller releases.</param>
    bool TryGet(in BlockKey key, out BlockBuffer? block);
}
