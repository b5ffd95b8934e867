using DataStoreFS.Model;

namespace DataStoreFS.N5;

internal static class N5Fault
{
    /// <summary>The bytes are not what they should be. The caller, who knows the file's name, puts it in front.</summary>
    public static DataStoreException Invalid(string why, Exception? inner = null) => new(DataStoreErrorKind.InvalidData, why, inner);
}
