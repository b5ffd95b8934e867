namespace LinuxFuse;

/// <summary>Memory of the file system's own that the data of a WRITE is read into, so that it need not be copied to where it is to stay.</summary>
/// <remarks>
/// Contract. Handed over by <see cref="FuseFileSystem.RentWriteMemory"/>; a reader has it, perhaps for long, until a WRITE fills it exactly. It is
/// then that request's, and the handler's if it calls <see cref="WriteOp.TakeMemory"/>. Who has it last calls <see cref="Release"/>, once.
/// </remarks>
public interface IWriteMemory
{
    /// <summary>All of it, the same each time.</summary>
    Memory<byte> Memory { get; }

    void Release();
}
