using LinuxFuse.Interop;

namespace LinuxFuse.Session;

/// <summary>
/// Recognises requests of the daemon's own threads: a handler that needs the mount to make progress would wait for itself for ever.
/// </summary>
/// <remarks>
/// The pid in a request is the calling thread's id, so each new one costs a system call. Foreign ids are kept in a small table; an
/// id that is reused by a thread of this process meanwhile goes unnoticed, which only means no protection.
/// </remarks>
internal sealed class OwnRequests(bool refuse)
{
    private const int Remembered = 256;

    private readonly uint[] _foreign = new uint[Remembered];

    /// <summary>RELEASE, FLUSH and the like are not refused: they only clean up.</summary>
    public bool MustRefuse(FuseRequest request)
    {
        uint thread = request.Header.Pid;
        if (!refuse || thread == 0 || !WaitsForAnswer(request.Opcode))
            return false;
        ref uint slot = ref _foreign[thread % Remembered];
        if (Volatile.Read(ref slot) == thread)
            return false;
        if (Threads.IsOwn((int)thread))
            return true;
        Volatile.Write(ref slot, thread);
        return false;
    }

    private static bool WaitsForAnswer(FuseOpcode opcode) => opcode is
        FuseOpcode.Lookup or FuseOpcode.GetAttr or FuseOpcode.SetAttr or FuseOpcode.ReadLink or FuseOpcode.Symlink or FuseOpcode.Mknod
        or FuseOpcode.Mkdir or FuseOpcode.Unlink or FuseOpcode.Rmdir or FuseOpcode.Rename or FuseOpcode.Rename2 or FuseOpcode.Link
        or FuseOpcode.Open or FuseOpcode.OpenDir or FuseOpcode.Create or FuseOpcode.TmpFile or FuseOpcode.Read or FuseOpcode.Write
        or FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus or FuseOpcode.StatFs or FuseOpcode.Access;
}
