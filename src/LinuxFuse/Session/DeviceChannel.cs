using System.Buffers;
using LinuxFuse.Interop;
using LinuxFuse.Protocol;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Session;

/// <summary>
/// One descriptor of the connection. A read gives exactly one request, a write takes exactly one reply; both may be called from any thread.
/// </summary>
/// <remarks>A request that was read here must be answered here: fs/fuse/dev.c keeps a queue of sent requests for each descriptor.</remarks>
internal sealed unsafe class DeviceChannel(SafeFileHandle handle) : IDisposable
{
    public SafeFileHandle Handle => handle;

    /// <summary>Blocks until there is a request. 0 with <see cref="Errno.OK"/> is the end of a socket.</summary>
    public int Read(NativeBuffer buffer, out Errno error)
    {
        nint count = Libc.Read((int)handle.DangerousGetHandle(), buffer.Pointer, (nuint)buffer.Capacity);
        error = count < 0 ? Libc.LastErrno : Errno.OK;
        return (int)count;
    }

    /// <summary>The same, with memory that lies over the place of a WRITE's data; see <see cref="SplitMessage"/>.</summary>
    public int Read(NativeBuffer buffer, Memory<byte> data, out Errno error)
    {
        using MemoryHandle pin = data.Pin();
        IoVector* vectors = stackalloc IoVector[3];
        int beyond = SplitMessage.DataStart + data.Length;
        vectors[0] = new IoVector { Base = buffer.Pointer, Length = (nuint)SplitMessage.DataStart };
        vectors[1] = new IoVector { Base = pin.Pointer, Length = (nuint)data.Length };
        vectors[2] = new IoVector { Base = buffer.Pointer + beyond, Length = (nuint)(buffer.Capacity - beyond) };
        nint count = Libc.ReadVector((int)handle.DangerousGetHandle(), vectors, 3);
        error = count < 0 ? Libc.LastErrno : Errno.OK;
        return (int)count;
    }

    /// <summary>Writes header and up to two parts as one message.</summary>
    public Errno Write(ulong unique, int error, byte* first, int firstLength, byte* second, int secondLength)
    {
        OutHeader header = new() { Length = (uint)(sizeof(OutHeader) + firstLength + secondLength), Error = error, Unique = unique };
        IoVector* vectors = stackalloc IoVector[3];
        vectors[0] = new IoVector { Base = &header, Length = (nuint)sizeof(OutHeader) };
        int count = 1;
        if (firstLength > 0)
            vectors[count++] = new IoVector { Base = first, Length = (nuint)firstLength };
        if (secondLength > 0)
            vectors[count++] = new IoVector { Base = second, Length = (nuint)secondLength };

        if (handle.IsClosed)
            return Errno.ENODEV;
        try
        {
            while (Libc.WriteVector(handle, vectors, count) < 0)
            {
                Errno failure = Libc.LastErrno;
                if (failure != Errno.EINTR)
                    return failure;
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed between the check and the call: a handler that outlived the connection's end by more than the drain time.
            return Errno.ENODEV;
        }

        return Errno.OK;
    }

    public void Dispose() => handle.Dispose();
}
