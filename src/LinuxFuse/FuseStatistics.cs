namespace LinuxFuse;

/// <summary>Counts of what the kernel sent, by opcode, and of errors that were answered. Reading is not atomic over several numbers.</summary>
public sealed class FuseStatistics
{
    private const int Opcodes = 64;

    private readonly long[] _requests = new long[Opcodes];
    private long _errors;
    private long _interrupts;
    private long _bytesRead;
    private long _bytesWritten;

    /// <summary>Requests of one kind since the mount.</summary>
    public long this[FuseOpcode opcode] => (uint)opcode < Opcodes ? Interlocked.Read(ref _requests[(uint)opcode]) : 0;

    /// <summary>Replies that carried an error; ENOENT of a LOOKUP counts too.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Requests whose caller was signalled while it waited.</summary>
    public long Interrupts => Interlocked.Read(ref _interrupts);

    /// <summary>Bytes answered to READ.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Bytes accepted from WRITE.</summary>
    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    /// <summary>All opcodes that came at least once.</summary>
    public IReadOnlyDictionary<FuseOpcode, long> Snapshot()
    {
        Dictionary<FuseOpcode, long> counts = [];
        for (uint i = 0; i < Opcodes; i++)
        {
            long count = Interlocked.Read(ref _requests[i]);
            if (count > 0)
                counts[(FuseOpcode)i] = count;
        }

        return counts;
    }

    internal void CountRequest(uint opcode)
    {
        // Slot 0 is no opcode: there the unknown ones are counted.
        Interlocked.Increment(ref _requests[opcode < Opcodes ? opcode : 0]);
    }

    internal void CountError() => Interlocked.Increment(ref _errors);

    internal void CountInterrupt() => Interlocked.Increment(ref _interrupts);

    internal void CountRead(long bytes) => Interlocked.Add(ref _bytesRead, bytes);

    internal void CountWritten(long bytes) => Interlocked.Add(ref _bytesWritten, bytes);
}
