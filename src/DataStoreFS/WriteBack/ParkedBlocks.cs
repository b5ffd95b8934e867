using System.Globalization;
using System.Text.Json;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Remote;

namespace DataStoreFS.WriteBack;

/// <summary>A block that the server refused for good.</summary>
/// <param name="Sequence">Its place in the order of all writes; names its files.</param>
/// <param name="Address">Which block.</param>
/// <param name="Reason">What the server said; one line.</param>
/// <param name="Time">When.</param>
/// <param name="Path">The block as an N5 <c>raw</c> file, to be copied elsewhere or removed by hand.</param>
public sealed record ParkedBlock(long Sequence, BlockAddress Address, string Reason, DateTimeOffset Time, string Path);

/// <summary>
/// What the server refused: an N5 block file and a small JSON beside it, in the journal's <c>parked</c> folder. Nothing here is sent again or
/// dropped; it is the user's to look at, copy or remove, also while the mount is there.
/// </summary>
internal sealed class ParkedBlocks
{
    private readonly string _folder;
    private readonly Lock _gate = new(); // of counting anew and adding
    private long _bytes;
    private int _count;

    public ParkedBlocks(string folder)
    {
        _folder = folder;
        Durable.CreateFolder(Path.GetFullPath(folder));
        HighestSequence = Count(out _count, out _bytes);
    }

    public long Bytes => Volatile.Read(ref _bytes);

    public int Blocks => Volatile.Read(ref _count);

    public long HighestSequence { get; }

    /// <summary>Takes note of what its owner has removed; reads the disk. What cannot be read counts as before.</summary>
    public void Recount()
    {
        try
        {
            lock (_gate)
            {
                Count(out int count, out long bytes);
                Volatile.Write(ref _count, count);
                Volatile.Write(ref _bytes, bytes);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="DataStoreException">NoSpace, Local.</exception>
    public void Add(long sequence, in BlockAddress address, BlockBuffer block, string reason, DateTimeOffset time)
    {
        string path = Path.Combine(_folder, $"{sequence:D20}.n5");
        try
        {
            lock (_gate)
            {
                bool known = File.Exists(path);
                Durable.WriteFile(path, block.GetSpan());
                Durable.WriteFile(Path.ChangeExtension(path, ".json"), Describe(address, reason, time));
                Volatile.Write(ref _bytes, _bytes + (known ? 0 : block.Length));
                Volatile.Write(ref _count, _count + (known ? 0 : 1));
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw JournalSegment.Fault(path, "written", fault);
        }
    }

    public static string FolderOf(string journalFolder) => Path.Combine(Path.GetFullPath(journalFolder), "parked");

    /// <summary>What is parked, oldest first. Files that somebody put here or damaged are left out.</summary>
    /// <exception cref="DataStoreException">Local: the folder cannot be read.</exception>
    public static IReadOnlyList<ParkedBlock> List(string journalFolder)
    {
        string folder = FolderOf(journalFolder);
        try
        {
            return Directory.Exists(folder)
                ? [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Parse).OfType<ParkedBlock>()]
                : [];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw JournalSegment.Fault(folder, "read", fault);
        }
    }

    /// <returns>The highest sequence.</returns>
    private long Count(out int count, out long bytes)
    {
        long highest = 0;
        (count, bytes) = (0, 0);
        foreach (FileInfo file in new DirectoryInfo(_folder).EnumerateFiles("*.n5"))
        {
            bytes += file.Length;
            count++;
            if (long.TryParse(Path.GetFileNameWithoutExtension(file.Name), NumberStyles.None, CultureInfo.InvariantCulture, out long sequence))
            {
                highest = Math.Max(highest, sequence);
            }
        }

        return highest;
    }

    private static byte[] Describe(in BlockAddress address, string reason, DateTimeOffset time)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("uuid", address.Image.Uuid);
            json.WriteString("version", address.Image.Version);
            WriteArray(json, "resolution", address.Image.Resolution.X, address.Image.Resolution.Y, address.Image.Resolution.Z);
            json.WriteNumber("timepoint", address.Image.Timepoint);
            json.WriteNumber("channel", address.Image.Channel);
            json.WriteNumber("angle", address.Image.Angle);
            WriteArray(json, "block", address.X, address.Y, address.Z);
            json.WriteString("time", time);
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteArray(Utf8JsonWriter json, string name, long x, long y, long z)
    {
        json.WriteStartArray(name);
        json.WriteNumberValue(x);
        json.WriteNumberValue(y);
        json.WriteNumberValue(z);
        json.WriteEndArray();
    }

    private static ParkedBlock? Parse(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            JsonElement factors = root.GetProperty("resolution");
            JsonElement block = root.GetProperty("block");
            ImageAddress image = new(
                root.GetProperty("uuid").GetString()!,
                new Size3(factors[0].GetInt64(), factors[1].GetInt64(), factors[2].GetInt64()),
                root.GetProperty("version").GetString()!,
                root.GetProperty("timepoint").GetInt32(),
                root.GetProperty("channel").GetInt32(),
                root.GetProperty("angle").GetInt32());
            return new ParkedBlock(
                long.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture),
                new BlockAddress(image, block[0].GetInt32(), block[1].GetInt32(), block[2].GetInt32()),
                root.GetProperty("reason").GetString() ?? "",
                root.GetProperty("time").GetDateTimeOffset(),
                Path.ChangeExtension(path, ".n5"));
        }
        catch (Exception fault) when (fault is
            JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException or IOException)
        {
            return null; // not ours: the folder is the user's to tidy
        }
    }
}
