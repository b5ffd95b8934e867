using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Caching.Disk;

/// <summary>One registered volume: how its blocks are identified on disk and how old they may be.</summary>
internal sealed class DiskVolume
{
    private readonly VolumeInfo _volume;
    private readonly byte[][] _templates;
    private readonly long _maxAge;
    private long _floor;
    private long _newest;

    public DiskVolume(VolumeInfo volume, string server, TimeSpan maxAge, string mark, long floor)
    {
        _volume = volume;
        _maxAge = maxAge == Timeout.InfiniteTimeSpan ? long.MaxValue : Math.Max(maxAge.Ticks, 0);
        _floor = floor;
        Server = server;
        Mark = mark;
        KeepsMissing = volume.IsUnchanging;
        _templates = [.. volume.Setups.Select(setup => Template(volume, setup, server))];
    }

    public string Server { get; }

    /// <summary>The file name under which the floor and the open-for-writing marks of this dataset are kept.</summary>
    public string Mark { get; }

    /// <summary>With a maximum age of zero every read asks the server: there is nothing to keep.</summary>
    public bool Keeps => _maxAge > 0;

    /// <summary>"There is no such block" is good for seconds only where others may write, and not worth a file: in the newest version.</summary>
    public bool KeepsMissing { get; }

    /// <summary>Whether what was asked for at <paramref name="fetched"/> may still be shown.</summary>
    public bool IsFresh(long fetched, long now)
    {
        // A time in the future is of a clock that was wrong: it says nothing about age, so the block is fetched again.
        const long ClockSlack = TimeSpan.TicksPerMinute;
        Met(fetched);
        return fetched >= Volatile.Read(ref _floor) && fetched <= now + ClockSlack && now - fetched <= _maxAge;
    }

    /// <summary>This process has kept, or found, something of that time: what is dropped from now on is dropped later than that.</summary>
    public void Met(long fetched) => Raise(ref _newest, fetched);

    /// <summary>
    /// Nothing asked for before <paramref name="when"/> may be shown any more, nor what is here with a later time, of a clock that has been set back.
    /// </summary>
    /// <returns>The floor now.</returns>
    public long RaiseFloor(long when)
    {
        // A clock that was wrong by more than a day must not end the cache for as long.
        long newest = Volatile.Read(ref _newest);
        return Raise(ref _floor, newest < when || newest - when > TimeSpan.TicksPerDay ? when : newest + 1);
    }

    /// <summary>Writes the trailer with the identity of a block; the rest is for <see cref="DiskRecord.Seal"/>. Returns its length.</summary>
    public int WriteIdentity(in BlockKey key, Span<byte> trailer)
    {
        byte[] template = _templates[key.Setup];
        template.CopyTo(trailer);
        LevelInfo level = _volume.Level(key);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[(DiskRecord.IdentityNumbers + 8)..], _volume.TimepointIds[key.Timepoint]);
        Span<byte> sizes = trailer[(DiskRecord.IdentityNumbers + 16)..];
        Write(sizes, level.Factors);
        Write(sizes[24..], new Size3(key.X, key.Y, key.Z));
        Write(sizes[48..], level.SizeAt(key.X, key.Y, key.Z));
        return template.Length;
    }

    /// <summary>Voxels the tree shows for this block, and the bytes of its N5 image.</summary>
    public Size3 NominalSize(in BlockKey key, out int imageBytes)
    {
        Size3 size = _volume.Level(key).SizeAt(key.X, key.Y, key.Z);
        imageBytes = checked((int)(BlockBuffer.HeaderBytes + (size.Count * _volume.VoxelType.Bytes())));
        return size;
    }

    public static string MarkName(string server, string uuid) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{server}\n{uuid}")).AsSpan(0, 16));

    private static long Raise(ref long value, long to)
    {
        long seen = Volatile.Read(ref value);
        while (seen < to)
        {
            long was = Interlocked.CompareExchange(ref value, to, seen);
            if (was == seen)
            {
                return to;
            }

            seen = was;
        }

        return seen;
    }

    private static byte[] Template(VolumeInfo volume, SetupInfo setup, string server)
    {
        byte[] text = Encoding.UTF8.GetBytes($"{server}\n{volume.Uuid}\n{setup.Version}");
        if (DiskRecord.TrailerBytes(text.Length) > DiskRecord.MaximumTrailerBytes)
        {
            text = Encoding.UTF8.GetBytes("sha256:" + Convert.ToHexStringLower(SHA256.HashData(text)));
        }

        byte[] trailer = new byte[DiskRecord.TrailerBytes(text.Length)];
        Span<byte> numbers = trailer.AsSpan(DiskRecord.IdentityNumbers);
        BinaryPrimitives.WriteInt32LittleEndian(numbers, setup.ChannelId);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[4..], setup.AngleId);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[12..], (int)volume.VoxelType);
        BinaryPrimitives.WriteInt32LittleEndian(trailer.AsSpan(DiskRecord.IdentityTextLength), text.Length);
        text.CopyTo(trailer.AsSpan(DiskRecord.IdentityText));
        return trailer;
    }

    private static void Write(Span<byte> target, Size3 size)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, size.X);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], size.Y);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], size.Z);
    }
}
