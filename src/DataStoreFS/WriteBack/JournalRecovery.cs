using System.Buffers;
using System.Globalization;
using DataStoreFS.Model;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.WriteBack;

/// <summary>
/// Reads the segments that an earlier process left. A record that was acknowledged is complete, since it was synced first; what is not complete at
/// the end of a file is an append that nobody was told about, and is cut off. Bytes that are no record but have intact ones behind them are damage,
/// not a torn tail: they are reported, the file is kept, and what lies behind is recovered.
/// </summary>
internal sealed class JournalRecovery(string folder, string server, ILogger log)
{
    private readonly HashSet<long> _completed = [];
    private readonly Dictionary<long, (JournalEntry Entry, JournalSegment Segment, long Offset)> _writes = [];

    /// <summary>Oldest first.</summary>
    public List<JournalSegment> Segments { get; } = [];

    public long HighestSequence { get; private set; }

    public int HighestNumber { get; private set; }

    /// <summary>Files with damage that is no torn tail.</summary>
    public int Damaged { get; private set; }

    /// <exception cref="DataStoreException">Usage: the journal is meant for another server. Local: it cannot be read.</exception>
    public void Run(JournalIndex index)
    {
        foreach (string path in Directory.GetFiles(folder, "*.journal").Order(StringComparer.Ordinal))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                HighestNumber = Math.Max(HighestNumber, number);
                Open(path, number);
            }
        }

        foreach ((JournalEntry entry, JournalSegment segment, long offset) in _writes.Values.Where(w => !_completed.Contains(w.Entry.Sequence)))
        {
            index.Add(entry);
            index.Place(entry, segment, offset);
        }
    }

    private void Open(string path, int number)
    {
        JournalSegment? segment = JournalSegment.Open(path, number, out string meantFor);
        if (segment is null)
        {
            // The header is synced before the first record is acknowledged, so a file without one that is also short holds nothing.
            bool empty = new FileInfo(path).Length <= JournalSegment.FixedHeaderBytes + JournalSegment.LongestServer;
            log.LogWarning("{Path} has no journal header; {Fate}", path, empty ? "it was never used and is removed" : "it is kept as .damaged");
            File.Move(path, path + ".damaged", overwrite: true);
            if (empty)
            {
                File.Delete(path + ".damaged");
            }

            Damaged += empty ? 0 : 1;
            return;
        }

        Segments.Add(segment);
        if (meantFor != server)
        {
            throw new DataStoreException(
                DataStoreErrorKind.Usage, $"the journal in {folder} holds writes for {meantFor}, not for {server}: " +
                "mount that one, or name another folder with --journal");
        }

        Scan(segment);
    }

    private void Scan(JournalSegment segment)
    {
        long at = segment.HeaderLength;
        long end = segment.Length;
        while (at < end)
        {
            if (TryRecord(segment, at, end, out long length))
            {
                at += length;
                continue;
            }

            long next = FindRecord(segment, at + 1, end);
            if (next < 0)
            {
                log.LogWarning("{Path}: {Bytes} bytes at the end are an unfinished append and are cut off", segment.Path, end - at);
                segment.Cut(at);
                return;
            }

            log.LogError("{Path}: {Bytes} bytes at {Offset} are damaged; what lies behind them is recovered", segment.Path, next - at, at);
            Damaged += segment.Damaged ? 0 : 1;
            segment.Damaged = true;
            at = next;
        }
    }

    private bool TryRecord(JournalSegment segment, long at, long end, out long length)
    {
        Span<byte> header = stackalloc byte[JournalRecord.HeaderBytes];
        length = 0;
        if (end - at < header.Length
            || !segment.TryRead(at, header)
            || !JournalRecord.TryReadHeader(header, out JournalRecordKind kind, out length)
            || length > end - at
            || length > Array.MaxLength)
        {
            return false;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            Span<byte> record = rented.AsSpan(0, (int)length);
            return segment.TryRead(at, record) && JournalRecord.IsIntact(record, segment.Nonce) && Note(segment, at, kind, record);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private bool Note(JournalSegment segment, long at, JournalRecordKind kind, ReadOnlySpan<byte> record)
    {
        if (kind == JournalRecordKind.Complete)
        {
            foreach (long done in JournalRecord.ReadComplete(record))
            {
                // Counted too: its write may be gone already, and a new write of the same number would be taken for completed.
                HighestSequence = Math.Max(HighestSequence, done);
                _completed.Add(done);
            }

            return true;
        }

        if (!JournalRecord.TryReadWrite(record, out long sequence, out BlockAddress address, out int fileOffset))
        {
            return false;
        }

        // A record that compaction moved stands in two segments until the old one is gone: the later place counts.
        _writes[sequence] = (new JournalEntry(address, sequence, record.Length - fileOffset), segment, at);
        HighestSequence = Math.Max(HighestSequence, sequence);
        return true;
    }

    private long FindRecord(JournalSegment segment, long from, long end)
    {
        byte[] window = new byte[64 << 10];
        for (long at = from; at < end - JournalRecord.HeaderBytes; at += window.Length - 3)
        {
            Span<byte> seen = window.AsSpan(0, (int)Math.Min(window.Length, end - at));
            if (!segment.TryRead(at, seen))
            {
                return -1;
            }

            for (int i = seen.IndexOf(JournalRecord.MagicBytes); i >= 0;)
            {
                if (TryRecord(segment, at + i, end, out _))
                {
                    return at + i;
                }

                int next = seen[(i + 1)..].IndexOf(JournalRecord.MagicBytes);
                i = next < 0 ? -1 : i + 1 + next;
            }
        }

        return -1;
    }
}
