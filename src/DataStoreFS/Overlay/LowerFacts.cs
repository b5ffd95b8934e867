namespace DataStoreFS.Overlay;

/// <summary>
/// What the lower tree has at a path and at each folder on the way there. Asked before the store's lock is taken, since it is foreign code.
/// </summary>
internal sealed class LowerFacts
{
    private readonly LowerEntry?[] _atDepth;

    /// <param name="tree">The dataset's tree.</param>
    /// <param name="names">The path's names.</param>
    public LowerFacts(ILowerTree tree, string[] names)
    {
        _atDepth = new LowerEntry?[names.Length + 1];
        for (int depth = 0; depth <= names.Length; depth++)
        {
            if (!tree.TryGet(string.Join('/', names.AsSpan(0, depth)), out LowerEntry entry))
            {
                break;
            }

            _atDepth[depth] = entry;
            if (!entry.IsFolder)
            {
                break;
            }
        }
    }

    /// <summary>What is there after so many names; null: nothing.</summary>
    public LowerEntry? this[int depth] => _atDepth[depth];
}
