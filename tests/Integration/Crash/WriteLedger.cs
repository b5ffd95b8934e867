using DataStoreFS.Model;

namespace Integration.Crash;

/// <summary>
/// What the writers were told, and so what may be on the server. Of a block, only its one writer adds to it. Generations are positive and grow; 0 is
/// a block that was never written.
/// </summary>
internal sealed class WriteLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BlockKey, Entry> _blocks = [];
    private readonly List<string> _problems = [];

    public long Acknowledged { get; private set; }

    /// <summary>Writes that ended with an error, or with the daemon.</summary>
    public long Unacknowledged { get; private set; }

    /// <summary>Acknowledged writes that the server does not have.</summary>
    public int Lost { get; private set; }

    /// <summary>Blocks that are no version of themselves.</summary>
    public int Torn { get; private set; }

    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_gate)
            {
                return [.. _problems];
            }
        }
    }

    /// <summary>A write begins: from now on the server may have it.</summary>
    public void Begin(in BlockKey key, long generation)
    {
        lock (_gate)
        {
            Of(key).Possible.Add(generation);
            Unacknowledged++;
        }
    }

    /// <summary>close(), fsync() or rename() returned 0: from now on the server must have this one; what was before it may not come back.</summary>
    public void Acknowledge(in BlockKey key, long generation)
    {
        lock (_gate)
        {
            Entry entry = Of(key);
            entry.Required = generation;
            entry.Possible.RemoveAll(g => g <= generation);
            Acknowledged++;
            Unacknowledged--;
        }
    }

    /// <summary>Compares with the server. What it has now is what it must go on having: nothing is pending any more.</summary>
    /// <param name="key">The block.</param>
    /// <param name="found">See <see cref="BlockPattern.GenerationOf"/>.</param>
    /// <param name="when">For the message.</param>
    public void Check(in BlockKey key, long? found, string when)
    {
        lock (_gate)
        {
            Entry entry = Of(key);
            bool right = found == entry.Required || (found is { } generation && entry.Possible.Contains(generation));
            if (!right)
            {
                Lost += found < entry.Required || found is null ? 1 : 0;
                Torn += found is null ? 1 : 0;
                _problems.Add(
                    $"{when}: {key} is {found?.ToString() ?? "torn"}, must be {entry.Required}"
                        + (entry.Possible.Count > 0 ? $" or one of {string.Join(", ", entry.Possible)}" : ""));
            }

            entry.Required = found ?? entry.Required;
            entry.Possible.Clear();
        }
    }

    /// <summary>Something that must not happen, in words.</summary>
    public void Report(string problem)
    {
        lock (_gate)
        {
            _problems.Add(problem);
        }
    }

    private Entry Of(in BlockKey key)
    {
        if (!_blocks.TryGetValue(key, out Entry? entry))
        {
            _blocks[key] = entry = new Entry();
        }

        return entry;
    }

    private sealed class Entry
    {
        public long Required { get; set; }
        public List<long> Possible { get; } = [];
    }
}
