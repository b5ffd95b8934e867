using LinuxFuse.Protocol;

namespace LinuxFuse.Session;

/// <summary>Checks that a message has the shape its opcode says, and finds its names and data. After that, ops need no checks.</summary>
internal static unsafe class RequestLayout
{
    private const int BytesOfExtensionUnit = 8;

    private enum Tail
    {
        Nothing,
        Name,
        TwoNames,

        /// <summary>A name that may contain slashes: an extended attribute's, or the "/" of TMPFILE.</summary>
        FreeName,
        FreeNameAndData,
        NameAndTarget,
        Data,
    }

    /// <summary>Returning OK from a handler is the whole reply.</summary>
    public static bool HasEmptyReply(FuseOpcode opcode) => opcode is
        FuseOpcode.Unlink or FuseOpcode.Rmdir or FuseOpcode.Rename or FuseOpcode.Rename2 or FuseOpcode.Release or FuseOpcode.ReleaseDir
        or FuseOpcode.Fsync or FuseOpcode.FsyncDir or FuseOpcode.SetXAttr or FuseOpcode.RemoveXAttr or FuseOpcode.Flush or FuseOpcode.SetLock
        or FuseOpcode.SetLockWait or FuseOpcode.Access or FuseOpcode.Fallocate or FuseOpcode.SyncFs or FuseOpcode.Destroy;

    /// <summary>OK; EINVAL for a malformed message; ENOSYS for an opcode that is not served.</summary>
    public static Errno Check(FuseRequest request, int maxRequestBytes)
    {
        (int size, Tail tail) = Shape(request.Opcode);
        if (size < 0)
            return Errno.ENOSYS;
        int length = request.Body.Length - (request.Header.ExtensionLength * BytesOfExtensionUnit);
        if (length < size || !FindTail(request, size, length, tail))
            return Errno.EINVAL;
        return ValuesAreSane(request, maxRequestBytes) ? Errno.OK : Errno.EINVAL;
    }

    private static (int Size, Tail Tail) Shape(FuseOpcode opcode) => opcode switch
    {
        FuseOpcode.Lookup or FuseOpcode.Unlink or FuseOpcode.Rmdir => (0, Tail.Name),
        FuseOpcode.GetAttr => (sizeof(GetAttrIn), Tail.Nothing),
        FuseOpcode.SetAttr => (sizeof(SetAttrIn), Tail.Nothing),
        FuseOpcode.ReadLink or FuseOpcode.StatFs => (0, Tail.Nothing),
        FuseOpcode.Symlink => (0, Tail.NameAndTarget),
        FuseOpcode.Mknod => (sizeof(MknodIn), Tail.Name),
        FuseOpcode.Mkdir => (sizeof(MkdirIn), Tail.Name),
        FuseOpcode.Rename => (sizeof(RenameIn), Tail.TwoNames),
        FuseOpcode.Rename2 => (sizeof(Rename2In), Tail.TwoNames),
        FuseOpcode.Link => (sizeof(LinkIn), Tail.Name),
        FuseOpcode.Open or FuseOpcode.OpenDir => (sizeof(OpenIn), Tail.Nothing),
        FuseOpcode.Read or FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus => (sizeof(ReadIn), Tail.Nothing),
        FuseOpcode.Write => (sizeof(WriteIn), Tail.Data),
        FuseOpcode.Release or FuseOpcode.ReleaseDir => (sizeof(ReleaseIn), Tail.Nothing),
        FuseOpcode.Fsync or FuseOpcode.FsyncDir => (sizeof(FsyncIn), Tail.Nothing),
        FuseOpcode.SetXAttr => (sizeof(SetXAttrIn), Tail.FreeNameAndData),
        FuseOpcode.GetXAttr => (sizeof(GetXAttrIn), Tail.FreeName),
        FuseOpcode.ListXAttr => (sizeof(GetXAttrIn), Tail.Nothing),
        FuseOpcode.RemoveXAttr => (0, Tail.FreeName),
        FuseOpcode.Flush => (sizeof(FlushIn), Tail.Nothing),
        FuseOpcode.GetLock or FuseOpcode.SetLock or FuseOpcode.SetLockWait => (sizeof(LockIn), Tail.Nothing),
        FuseOpcode.Access => (sizeof(AccessIn), Tail.Nothing),
        FuseOpcode.Create => (sizeof(CreateIn), Tail.Name),
        FuseOpcode.TmpFile => (sizeof(CreateIn), Tail.FreeName),
        FuseOpcode.Ioctl => (sizeof(IoctlIn), Tail.Data),
        FuseOpcode.Poll => (sizeof(PollIn), Tail.Nothing),
        FuseOpcode.Fallocate => (sizeof(FallocateIn), Tail.Nothing),
        FuseOpcode.Lseek => (sizeof(LseekIn), Tail.Nothing),
        FuseOpcode.CopyFileRange or FuseOpcode.CopyFileRange64 => (sizeof(CopyFileRangeIn), Tail.Nothing),
        FuseOpcode.SyncFs => (sizeof(SyncFsIn), Tail.Nothing),
        _ => (-1, Tail.Nothing),
    };

    private static bool FindTail(FuseRequest request, int start, int length, Tail tail)
    {
        ReadOnlySpan<byte> body = request.Body[..length];
        switch (tail)
        {
            case Tail.Data:
                request.Rest = new(start, length - start);
                return true;

            case Tail.Name or Tail.FreeName:
                return TryName(body, start, tail == Tail.Name, out FuseRequest.Slice only) && Keep(request, only, default);

            case Tail.TwoNames or Tail.NameAndTarget:
                return TryName(body, start, true, out FuseRequest.Slice first)
                    && TryName(body, first.Start + first.Length + 1, tail == Tail.TwoNames, out FuseRequest.Slice second)
                    && Keep(request, first, second);

            case Tail.FreeNameAndData:
                if (!TryName(body, start, false, out FuseRequest.Slice name))
                    return false;
                int data = name.Start + name.Length + 1;
                return Keep(request, name, new(data, length - data));

            default:
                return true;
        }
    }

    private static bool Keep(FuseRequest request, FuseRequest.Slice name, FuseRequest.Slice rest)
    {
        request.Name = name;
        request.Rest = rest;
        return true;
    }

    private static bool TryName(ReadOnlySpan<byte> body, int start, bool isEntry, out FuseRequest.Slice name)
    {
        int length = body[start..].IndexOf((byte)0);
        name = new(start, length);
        return length > 0 && !(isEntry && body.Slice(start, length).Contains((byte)'/'));
    }

    /// <summary>Numbers that a handler gets as signed, and sizes that memory is taken for.</summary>
    private static bool ValuesAreSane(FuseRequest request, int maxRequestBytes)
    {
        switch (request.Opcode)
        {
            case FuseOpcode.Read or FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus:
                ref readonly ReadIn read = ref request.As<ReadIn>();
                // The cookie of a directory is the file system's own number: any 64 bits.
                return read.Size <= (uint)maxRequestBytes && (request.Opcode != FuseOpcode.Read || read.Offset <= long.MaxValue);

            case FuseOpcode.Write:
                ref readonly WriteIn write = ref request.As<WriteIn>();
                if (write.Size > (uint)request.Rest.Length || write.Offset > long.MaxValue - (ulong)write.Size)
                    return false;
                request.Rest = request.Rest with { Length = (int)write.Size };
                return true;

            case FuseOpcode.SetXAttr:
                uint valueBytes = request.As<SetXAttrIn>().Size;
                if (valueBytes > (uint)request.Rest.Length)
                    return false;
                request.Rest = request.Rest with { Length = (int)valueBytes };
                return true;

            case FuseOpcode.Ioctl:
                uint inputBytes = request.As<IoctlIn>().InputSize;
                if (inputBytes > (uint)request.Rest.Length)
                    return false;
                request.Rest = request.Rest with { Length = (int)inputBytes };
                return true;

            case FuseOpcode.SetAttr:
                return request.As<SetAttrIn>().Size <= long.MaxValue;

            case FuseOpcode.Fallocate:
                ref readonly FallocateIn range = ref request.As<FallocateIn>();
                return range.Offset <= long.MaxValue && range.Length <= long.MaxValue - range.Offset;

            case FuseOpcode.Lseek:
                return request.As<LseekIn>().Offset <= long.MaxValue;

            case FuseOpcode.CopyFileRange or FuseOpcode.CopyFileRange64:
                ref readonly CopyFileRangeIn copy = ref request.As<CopyFileRangeIn>();
                return copy.OffsetIn <= long.MaxValue && copy.OffsetOut <= long.MaxValue;

            default:
                return true;
        }
    }
}
