using System.Diagnostics;
using System.Globalization;
using DataStoreFS.N5;
using DataStoreFS.WriteBack;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>kill -9 in the middle of appends: what was acknowledged is there, what is there is whole.</summary>
public sealed class JournalCrashTests
{
    private const int Kills = 20;
    private const string Server = "http://d.example";
    private const long Limit = 8 << 20;

    [Fact]
    public async Task EveryAcknowledgedWriteSurvivesKill9()
    {
        using TemporaryFolder folder = new();
        using NativeBlockPool pool = new();
        Dictionary<int, long> acknowledged = [];
        Dictionary<int, long> completed = [];
        Random random = new(7);
        for (int kill = 0; kill < Kills; kill++)
        {
            await RunAndKillAsync(folder.Path, kill, random.Next(1, 400), acknowledged, completed);
            await using Journal journal = Journal.Open(folder.Path, Server, Limit, pool, NullLogger.Instance);
            Assert.Equal(0, journal.Damaged);
            Dictionary<int, long> recovered = journal.Recovered.ToDictionary(e => e.Address.X, e => e.Sequence);
            foreach ((int x, long sequence) in acknowledged)
            {
                // Completion may or may not have reached the disk; a version that was acknowledged after it must be there.
                bool needed = sequence > completed.GetValueOrDefault(x);
                Assert.True(!needed || recovered.GetValueOrDefault(x) >= sequence, $"kill {kill}: write {sequence} of block {x} is lost");
            }

            foreach (JournalEntry entry in journal.Recovered)
            {
                BlockBuffer block = journal.Read(entry.Sequence)!;
                Assert.Equal((int)(entry.Sequence & 0xFF), TestVolume.ValueOf(block));
                block.Release();
            }
        }

        Assert.True(acknowledged.Count > 10);
    }

    /// <summary>The child: several writers; a line for every acknowledged write, and one before every completion.</summary>
    public static async Task<int> WriteForEverAsync(string folder, int seed)
    {
        NativeBlockPool pool = new();
        await using Journal journal = Journal.Open(folder, Server, Limit, pool, NullLogger.Instance);
        foreach (JournalEntry entry in journal.Recovered)
        {
            Say($"c {entry.Address.X} {entry.Sequence}");
            await journal.CompleteAsync(entry.Address, entry.Sequence);
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => WriteAsync(journal, pool, new Random((seed * 10) + writer), writer)));
        return 0;
    }

    private static async Task WriteAsync(Journal journal, NativeBlockPool pool, Random random, int writer)
    {
        while (true)
        {
            int x = writer + (4 * random.Next(8)); // each block has one writer, so acknowledgements are in order
            long sequence = journal.NextSequence();
            BlockBuffer block = TestVolume.Block(pool, (int)(sequence & 0xFF), voxels: 16 * random.Next(1, 100));
            await journal.AppendAsync(TestVolume.At(x), sequence, block, CancellationToken.None);
            block.Release();
            Say($"a {x} {sequence}");
            if (random.Next(2) == 0)
            {
                Say($"c {x} {sequence}");
                await journal.CompleteAsync(TestVolume.At(x), sequence);
            }
        }
    }

    private static void Say(string line)
    {
        lock (Server)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }

    private static async Task RunAndKillAsync(string folder, int seed, int lines, Dictionary<int, long> acknowledged, Dictionary<int, long> completed)
    {
        using Process child = ChildProcess.Start("journal-writer", folder, seed.ToString(CultureInfo.InvariantCulture));
        int seen = 0;
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            if (words.Length == 3 && long.TryParse(words[2], CultureInfo.InvariantCulture, out long sequence))
            {
                (words[0] == "a" ? acknowledged : completed)[int.Parse(words[1], CultureInfo.InvariantCulture)] = sequence;
            }

            if (++seen == lines)
            {
                child.Kill(); // SIGKILL; what it had said before is read to the end
            }
        }

        await child.WaitForExitAsync();
        Assert.True(seen >= lines, $"the child ended by itself after {seen} lines: {await child.StandardError.ReadToEndAsync()}");
    }
}
