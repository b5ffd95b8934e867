namespace DataStoreFS.Overlay;

/// <summary>For an overlay that is looked at without its dataset: what is new and what covers something cannot be told apart then.</summary>
public sealed class NoLowerTree : ILowerTree
{
    public bool TryGet(string path, out LowerEntry entry)
    {
        entry = default;
        return false;
    }

    public IEnumerable<string> List(string path) => [];

    public ReadOnlyMemory<byte> Read(string path) => default;
}
