using DataStoreFS.N5;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>What is left of a journal whose file was cut or damaged at any byte.</summary>
public sealed class JournalRecoveryTests : IDisposable
{
    private const string Server = "http://d.example";

    private readonly NativeBlockPool _pool = new();

    public void Dispose()
    {
        Assert.Equal(0, _pool.Rented);
        _pool.Dispose();
    }

    [Fact]
    public async Task CutAtAnyByteTheAcknowledgedPrefixIsLeft()
    {
        (byte[] file, long[] ends) = await SmallJournalAsync();
        for (int length = 0; length <= file.Length; length++)
        {
            int expected = ends.Count(e => e <= length);
            (int[] values, int damaged) = await RecoverAsync(file[..length]);
            Assert.Equal(Enumerable.Range(1, expected), values);
            Assert.Equal(0, damaged);
        }
    }

    [Fact]
    public async Task ATailOfZerosOrNoiseIsCutOff()
    {
        (byte[] file, long[] ends) = await SmallJournalAsync();
        byte[] noise = new byte[5000];
        new Random(1).NextBytes(noise);
        foreach (byte[] tail in new[] { new byte[5000], noise, file[^40..], file[(int)ends[0]..(int)(ends[1] - 1)] })
        {
            (int[] values, int damaged) = await RecoverAsync([.. file, .. tail]);
            Assert.Equal(Enumerable.Range(1, ends.Length), values);
            Assert.Equal(0, damaged);
        }
    }

    [Fact]
    public async Task ADamagedByteCostsAtMostTheRecordItIsIn()
    {
        (byte[] file, long[] ends) = await SmallJournalAsync();
        int header = JournalSegment.FixedHeaderBytes + Server.Length;
        for (int at = 0; at < file.Length; at++)
        {
            byte[] damagedFile = [.. file];
            damagedFile[at] ^= 0x41;
            (int[] values, int damaged) = await RecoverAsync(damagedFile);
            int hit = at < header ? -1 : ends.Count(e => e <= at) + 1;
            IEnumerable<int> expected = at < header ? [] : Enumerable.Range(1, ends.Length).Where(v => v != hit);
            Assert.Equal(expected, values);

            // The last record cannot be told from an append that was never finished; what is damaged before it is reported.
            Assert.Equal(at >= header && hit < ends.Length ? 1 : 0, damaged);
        }
    }

    [Fact]
    public async Task ADamagedFileIsKeptForAHumanWhenItsWritesAreDone()
    {
        (byte[] file, long[] ends) = await SmallJournalAsync();
        file[ends[0] + 20] ^= 1;
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(Path.Combine(folder.Path, JournalSegment.FileName(1)), file);
        await using (Journal journal = Journal.Open(folder.Path, Server, 1 << 20, _pool, NullLogger.Instance))
        {
            foreach (JournalEntry entry in journal.Recovered)
            {
                await journal.CompleteAsync(entry.Address, entry.Sequence);
            }
        }

        Assert.Equal([JournalSegment.FileName(1) + ".damaged"], Directory.GetFiles(folder.Path, "*journal*").Select(Path.GetFileName));
    }

    [Fact]
    public async Task VoxelsThatHoldAJournalAreNotTakenForIt()
    {
        (byte[] inner, _) = await SmallJournalAsync();
        using TemporaryFolder folder = new();
        await using (Journal journal = Journal.Open(folder.Path, Server, 1 << 20, _pool, NullLogger.Instance))
        {
            for (int i = 0; i < 2; i++)
            {
                BlockBuffer block = _pool.Rent(BlockBuffer.HeaderBytes + inner.Length);
                inner.CopyTo(block.WritablePayload);
                await journal.AppendAsync(TestVolume.At(100 + i), journal.NextSequence(), block, CancellationToken.None);
                block.Release();
            }
        }

        string path = Assert.Single(Directory.GetFiles(folder.Path, "*.journal"));
        byte[] file = await File.ReadAllBytesAsync(path);
        file[JournalSegment.FixedHeaderBytes + Server.Length + 5] ^= 1; // the first record's length
        await File.WriteAllBytesAsync(path, file);
        await using Journal again = Journal.Open(folder.Path, Server, 1 << 20, _pool, NullLogger.Instance);
        Assert.Equal([101], again.Recovered.Select(e => e.Address.X));
    }

    // Blocks 1, 2, 3, 4 with these values, and where each record ends.
    private async Task<(byte[] File, long[] Ends)> SmallJournalAsync()
    {
        using TemporaryFolder folder = new();
        List<long> ends = [];
        byte[] file;
        await using (Journal journal = Journal.Open(folder.Path, Server, 1 << 20, _pool, NullLogger.Instance))
        {
            for (int value = 1; value <= 4; value++)
            {
                BlockBuffer block = TestVolume.Block(_pool, value, voxels: 16);
                await journal.AppendAsync(TestVolume.At(value), journal.NextSequence(), block, CancellationToken.None);
                block.Release();
                ends.Add(new FileInfo(Directory.GetFiles(folder.Path, "*.journal").Single()).Length);
            }

            file = await File.ReadAllBytesAsync(Directory.GetFiles(folder.Path, "*.journal").Single());
        }

        Assert.Equal(file.Length, ends[^1]);
        return (file, [.. ends]);
    }

    private async Task<(int[] Values, int Damaged)> RecoverAsync(byte[] file)
    {
        using TemporaryFolder folder = new();
        await File.WriteAllBytesAsync(Path.Combine(folder.Path, JournalSegment.FileName(1)), file);
        await using Journal journal = Journal.Open(folder.Path, Server, 1 << 20, _pool, NullLogger.Instance);
        List<int> values = [];
        foreach (JournalEntry entry in journal.Recovered)
        {
            BlockBuffer block = journal.Read(entry.Sequence)!;
            values.Add(TestVolume.ValueOf(block));
            Assert.Equal(entry.Address.X, values[^1]);
            block.Release();
        }

        return ([.. values], journal.Damaged);
    }
}
