using System.Runtime.InteropServices;
using DataStoreFS.Caching.Disk;

namespace DataStoreFS.Tests.Caching.Disk;

/// <summary>
/// A kernel and a file system as a test wants them. What is not played is done, except that O_DIRECT counts as set where the tests' own file system
/// has no such reads: what is tested is what the tier makes of the answers.
/// </summary>
internal sealed unsafe class PlayedDirectCalls : DiskDirectCalls
{
    public Residency Residency { get; set; } = Residency.OnDisk;

    /// <summary>The errno of fcntl(2); 0: it works.</summary>
    public int SetError { get; set; }

    /// <summary>The errno of preadv2(2); 0: it works.</summary>
    public int ReadError { get; set; }

    /// <summary>preadv2(2) stops after so many bytes, as a signal or a bad sector make it.</summary>
    public int? ReadsAtMost { get; set; }

    public int Asked { get; private set; }

    public int Set { get; private set; }

    public int Cleared { get; private set; }

    public int Reads { get; private set; }

    public override Residency ResidencyOf(int fd, long bytes)
    {
        Asked++;
        return Residency;
    }

    public override bool SetDirect(int fd, bool direct)
    {
        _ = direct ? Set++ : Cleared++;
        if (direct && SetError != 0)
        {
            Marshal.SetLastPInvokeError(SetError);
            return false;
        }

        _ = base.SetDirect(fd, direct);
        return true;
    }

    public override nint Read(int fd, DiskSyscalls.IoVector* vectors, int count)
    {
        Reads++;
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(0, (nint)vectors[i].Base % 4096);
            Assert.Equal(0, vectors[i].Length % 4096);
        }

        if (ReadError != 0)
        {
            Marshal.SetLastPInvokeError(ReadError);
            return -1;
        }

        if (ReadsAtMost is { } most)
        {
            vectors[0].Length = most;
            count = 1;
        }

        return base.Read(fd, vectors, count);
    }
}
