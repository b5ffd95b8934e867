using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DataStoreFS.Model;
using Microsoft.Win32.SafeHandles;

namespace DataStoreFS.WriteBack;

/// <summary>
/// One file of the journal: a header (magic, format, CRC-32C, nonce, the server it is meant for), then records. Only ever appended to, and only by
/// the process that made it; what could not be written or synced completely is cut off again.
/// </summary>
internal sealed class JournalSegment : IDisposable
{
    public const int FixedHeaderBytes = 8 + 4 + 4 + 8 + 2;

    public const int LongestServer = 1024;

    private const ulong Magic = 0x4453_4653_4A52_4E4C; // "DSFSJRNL"
    private const uint Format = 1;
    private const int ErrorNoSpace = 28; // ENOSPC
    private const int ErrorQuota = 122; // EDQUOT

    private readonly SafeFileHandle _file;

    private JournalSegment(string path, int number, ulong nonce, SafeFileHandle file, long length)
    {
        (Path, Number, Nonce, _file, Length) = (path, number, nonce, file, length);
        SyncedLength = length;
    }

    public string Path { get; }

    public int Number { get; }

    public ulong Nonce { get; }

    /// <summary>Bytes of complete records and the header.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes that survive a power cut.</summary>
    public long SyncedLength { get; private set; }

    /// <summary>Bytes of the writes in it that are still needed. Guarded by the journal's index.</summary>
    public long LiveBytes { get; set; }

    /// <summary>Recovery found bytes in its middle that are no records: kept for a human when it is not needed any more.</summary>
    public bool Damaged { get; set; }

    /// <summary>Bytes that should have been cut off could not be: nothing may be appended behind them.</summary>
    public bool Broken { get; private set; }

    public static string FileName(int number) => $"{number:D8}.journal";

    /// <exception cref="DataStoreException">NoSpace, Local.</exception>
    public static JournalSegment Create(string folder, int number, string server)
    {
        string path = System.IO.Path.Combine(folder, FileName(number));
        ulong nonce = BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(8));
        byte[] name = Encoding.UTF8.GetBytes(server);
        byte[] header = new byte[FixedHeaderBytes + name.Length];
        BinaryPrimitives.WriteUInt64BigEndian(header, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), Format);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(16), nonce);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(24), checked((ushort)name.Length));
        name.CopyTo(header, FixedHeaderBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(12), Crc32C.Of(header.AsSpan(16)));
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            RandomAccess.Write(file, header, 0);
            RandomAccess.FlushToDisk(file);
            Durable.SyncFolder(folder);
            return new JournalSegment(path, number, nonce, file, header.Length);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            if (file is not null)
            {
                file.Dispose();
                File.Delete(path);
            }

            throw Fault(path, "created", fault);
        }
    }

    /// <summary>An earlier process's file; null when its header is not (or not completely) there.</summary>
    public static JournalSegment? Open(string path, int number, out string server)
    {
        server = "";
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        byte[] header = new byte[FixedHeaderBytes];
        if (RandomAccess.Read(file, header, 0) == FixedHeaderBytes && BinaryPrimitives.ReadUInt64BigEndian(header) == Magic)
        {
            byte[] whole = new byte[FixedHeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(24))];
            if (RandomAccess.Read(file, whole, 0) == whole.Length &&
                BinaryPrimitives.ReadUInt32BigEndian(whole.AsSpan(8)) == Format &&
                BinaryPrimitives.ReadUInt32BigEndian(whole.AsSpan(12)) == Crc32C.Of(whole.AsSpan(16)))
            {
                server = Encoding.UTF8.GetString(whole.AsSpan(FixedHeaderBytes));
                ulong nonce = BinaryPrimitives.ReadUInt64BigEndian(whole.AsSpan(16));
                return new JournalSegment(path, number, nonce, file, RandomAccess.GetLength(file)) { HeaderLength = whole.Length };
            }
        }

        file.Dispose();
        return null;
    }

    /// <summary>Where the first record begins (of a file that was opened).</summary>
    public int HeaderLength { get; private init; }

    /// <summary>Appends one record; all of it or, when that fails, nothing. Not durable before <see cref="Sync"/>.</summary>
    /// <returns>Where it begins.</returns>
    /// <exception cref="DataStoreException">NoSpace, Local.</exception>
    public long Append(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        long at = Length;
        try
        {
            RandomAccess.Write(_file, [first, second], at);
            Length = at + first.Length + second.Length;
            return at;
        }
        catch (IOException fault)
        {
            CutOrAbandon(at);
            throw Fault(Path, "written", fault);
        }
    }

    /// <exception cref="DataStoreException"> NoSpace, Local. What was appended since the last good one is cut off: after a failed fsync the kernel
    /// forgets which pages were bad, so trying again would report success for bytes that are not there. </exception>
    public void Sync()
    {
        if (SyncedLength == Length)
        {
            return;
        }

        try
        {
            RandomAccess.FlushToDisk(_file);
            SyncedLength = Length;
        }
        catch (IOException fault)
        {
            CutOrAbandon(SyncedLength);
            throw Fault(Path, "made durable", fault);
        }
    }

    /// <summary>Removes a torn tail.</summary>
    public void Cut(long length)
    {
        RandomAccess.SetLength(_file, length);
        Length = length;
        SyncedLength = Math.Min(SyncedLength, length);
    }

    private void CutOrAbandon(long length)
    {
        try
        {
            Cut(length);
        }
        catch (IOException)
        {
            Broken = true; // recovery finds the end by the checksums
        }
    }

    /// <summary>Reads exactly; false at the end of the file.</summary>
    public bool TryRead(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(_file, destination, offset);
            if (count == 0)
            {
                return false;
            }

            offset += count;
            destination = destination[count..];
        }

        return true;
    }

    /// <exception cref="IOException">The folder cannot be changed.</exception>
    public void Delete()
    {
        Dispose();
        if (Damaged)
        {
            File.Move(Path, Path + ".damaged", overwrite: true);
        }
        else
        {
            File.Delete(Path);
        }

        Durable.SyncFolder(System.IO.Path.GetDirectoryName(Path)!);
    }

    public void Dispose() => _file.Dispose();

    public static DataStoreException Fault(string path, string what, Exception fault) => fault.HResult is ErrorNoSpace or ErrorQuota
        ? new DataStoreException(
            DataStoreErrorKind.NoSpace, $"the disk of {path} is full: free some space, or name another folder with --journal", fault)
        : new DataStoreException(DataStoreErrorKind.Local, $"{path} cannot be {what}: {fault.Message}", fault);
}
