using DataStoreFS.Model;
using DataStoreFS.N5;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.WriteBack;

/// <summary>
/// The journal's segments: which one is appended to, when a new one begins, which are removed. Used by the journal's loop only;
/// <see cref="UsedBytes"/> may be read by anyone.
/// </summary>
internal sealed class JournalFiles(string folder, string server, long limit, JournalIndex index, ILogger log) : IDisposable
{
    // Small enough that finished ones free space soon, large enough that creating them (two fsyncs) does not matter.
    private const long LargestSegment = 64L << 20;
    private const int LimitShare = 8;

    // Of a segment that is worth a new one when the disk is full; else every attempt to write would leave another, nearly empty file.
    private const long WorthRetiring = 64 << 10;

    private readonly List<JournalSegment> _segments = [];
    private JournalSegment? _current;
    private bool _diskFull;
    private int _number;
    private long _usedBytes;

    /// <summary>Bytes of all segments.</summary>
    public long UsedBytes => Volatile.Read(ref _usedBytes);

    private long SegmentBytes => Math.Min(LargestSegment, limit / LimitShare);

    public void Adopt(IReadOnlyList<JournalSegment> recovered, int highestNumber)
    {
        _segments.AddRange(recovered);
        _number = highestNumber;
        Recount();
    }

    /// <summary>Whether a record of this length begins a new segment, so that the present one has to be synced first.</summary>
    public bool WouldRotate(long length) => _current is not null && (_current.Broken || _current.Length + length > SegmentBytes);

    public JournalSegment CurrentFor(long length)
    {
        if (_current is null || WouldRotate(length))
        {
            _current = JournalSegment.Create(folder, ++_number, server);
            _segments.Add(_current);
        }

        return _current;
    }

    public void Append(JournalEntry entry, BlockBuffer block)
    {
        JournalSegment segment = CurrentFor(entry.RecordBytes);
        byte[] prefix = JournalRecord.Write(segment.Nonce, entry.Sequence, entry.Address, block.GetSpan());
        index.Place(entry, segment, Append(segment, prefix, block.Memory));
        Recount();
    }

    public void AppendCompletion(IReadOnlyList<long> sequences)
    {
        JournalSegment segment = CurrentFor(JournalRecord.HeaderBytes + (sequences.Count * sizeof(long)));
        Append(segment, JournalRecord.Complete(segment.Nonce, sequences), default);
        Recount();
    }

    public void Sync()
    {
        try
        {
            _current?.Sync();
        }
        catch
        {
            // A file whose fsync failed is not appended to again.
            _current = null;
            Recount();
            throw;
        }
    }

    /// <summary>
    /// Removes finished segments, oldest first and never out of order: a completion stands in a later segment than its write, so removing a later one
    /// first would bring a finished write back to life. Called when all that was appended is synced.
    /// </summary>
    public void Trim()
    {
        if (_diskFull && _current?.Length > WorthRetiring)
        {
            // The disk is smaller than a segment: this one must become removable, or no completion would ever free a byte.
            _current = null;
        }

        _diskFull = false;
        while (_segments.Count > 0 && _segments[0] != _current && index.LiveBytes(_segments[0]) == 0)
        {
            _segments[0].Delete();
            _segments.RemoveAt(0);
            Recount();
        }
    }

    /// <summary>When space runs short, moves the few live records of an old, mostly finished segment to the end, so that it can go.</summary>
    public void Compact(Func<long, BlockBuffer?> read)
    {
        while (UsedBytes > limit / 2
            && _segments.Count > 1
            && _segments[0] is var oldest
            && oldest != _current
            && index.LiveBytes(oldest) * 2 < oldest.Length)
        {
            MoveAll(oldest, read);
            Trim();
            if (_segments[0] == oldest)
            {
                return; // one of its records cannot be read: it stays, and so does the file
            }

            log.LogDebug("{Path} was compacted", oldest.Path);
        }
    }

    private void MoveAll(JournalSegment from, Func<long, BlockBuffer?> read)
    {
        List<(JournalEntry Entry, long Offset)> moved = [];
        try
        {
            foreach (JournalEntry entry in index.EntriesOf(from))
            {
                if (read(entry.Sequence) is not { } block)
                {
                    continue;
                }

                long offset = entry.Offset;
                try
                {
                    if (WouldRotate(entry.RecordBytes))
                    {
                        Sync();
                        moved.Clear();
                    }

                    Append(entry, block);
                    moved.Add((entry, offset));
                }
                finally
                {
                    block.Release();
                }
            }

            Sync();
        }
        catch
        {
            // What did not become durable at its new place counts at its old one.
            moved.ForEach(m => index.Place(m.Entry, from, m.Offset));
            throw;
        }
    }

    /// <summary>After the last write is on the server nothing needs to stay.</summary>
    public void RemoveAll()
    {
        _current = null;
        Trim();
    }

    public void Dispose() => _segments.ForEach(s => s.Dispose());

    private long Append(JournalSegment segment, ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        try
        {
            return segment.Append(first, second);
        }
        catch (DataStoreException fault) when (fault.Kind == DataStoreErrorKind.NoSpace)
        {
            _diskFull = true;
            throw;
        }
    }

    private void Recount() => Volatile.Write(ref _usedBytes, _segments.Sum(s => s.Length));
}
