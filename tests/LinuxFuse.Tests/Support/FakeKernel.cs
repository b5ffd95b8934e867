using System.Net.Sockets;
using System.Runtime.InteropServices;
using LinuxFuse.Interop;
using LinuxFuse.Protocol;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Tests.Support;

/// <summary>Plays the kernel over a SOCK_SEQPACKET pair: like /dev/fuse, one message for each read and write.</summary>
internal sealed class FakeKernel : IDisposable
{
    private const int UnixDomain = 1;
    private const int SeqPacketType = 5;
    private const int CloseOnExec = 0x80000;
    private const int LargestMessage = 256 * 1024;
    private const int PatienceMilliseconds = 20_000;

    private readonly Socket _socket;
    private readonly Dictionary<ulong, Answer> _early = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(LargestMessage, pinned: true);
    private ulong _unique = 2;

    public unsafe FakeKernel()
    {
        int* pair = stackalloc int[2];
        Assert.Equal(0, Libc.SocketPair(UnixDomain, SeqPacketType | CloseOnExec, 0, pair));
        Daemon = new SafeFileHandle(pair[0], ownsHandle: true);
        _socket = new Socket(new SafeSocketHandle(pair[1], ownsHandle: true))
        {
            ReceiveTimeout = PatienceMilliseconds,
            SendTimeout = PatienceMilliseconds,
        };
    }

    /// <summary>The daemon's end.</summary>
    public SafeFileHandle Daemon { get; }

    /// <summary>Small enough for a socket's buffer. Every INTERRUPT is that of a killed process.</summary>
    public static FuseOptions Options { get; } = new()
    {
        MaxWrite = 64 * 1024,
        Readers = 2,
        DrainTimeout = TimeSpan.FromSeconds(5),
        MustEnd = static _ => true,
    };

    /// <summary>What Linux 6.18 offers.</summary>
    public static InitIn Linux618 { get; } = new() { Major = 7, Minor = 45, MaxReadahead = 131072, Flags = 0x73fffffb, Flags2 = 0x5fd };

    /// <summary>Attaches a session and shakes hands.</summary>
    public async Task<FuseMount> StartAsync(FuseFileSystem fileSystem, FuseOptions? options = null)
    {
        Task<FuseMount> attaching = FuseMount.AttachAsync(Daemon, fileSystem, options ?? Options);
        Answer init = await Task.Run(() => Call(FuseOpcode.Init, 0, Bytes(Linux618)));
        Assert.Equal(Errno.OK, init.Error);
        return await attaching;
    }

    public ulong NextUnique() => _unique += 2;

    public ulong Send(FuseOpcode opcode, ulong node, params byte[][] parts) => Send(NextUnique(), opcode, node, parts);

    public ulong Send(ulong unique, FuseOpcode opcode, ulong node, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(part => part)];
        InHeader header = new()
        {
            Length = (uint)(Marshal.SizeOf<InHeader>() + body.Length),
            Opcode = (uint)opcode,
            Unique = unique,
            Node = node,
            Uid = 1000,
            Gid = 100,
            Pid = 0x7fff0000,
        };
        SendRaw([.. Bytes(header), .. body]);
        return unique;
    }

    public void SendRaw(ReadOnlySpan<byte> message) => Assert.Equal(message.Length, _socket.Send(message));

    public Answer Call(FuseOpcode opcode, ulong node, params byte[][] parts) => AnswerTo(Send(opcode, node, parts));

    public Answer AnswerTo(ulong unique)
    {
        while (true)
        {
            if (_early.Remove(unique, out Answer? answer))
                return answer;
            Answer next = Receive();
            _early[next.Unique] = next;
        }
    }

    /// <summary>The next message from the daemon, whatever it is.</summary>
    public Answer Receive()
    {
        int length = _socket.Receive(_buffer);
        Assert.True(length >= Marshal.SizeOf<OutHeader>(), "the daemon closed the connection");
        OutHeader header = MemoryMarshal.Read<OutHeader>(_buffer);
        Assert.Equal((uint)length, header.Length);
        if (header.Unique != 0)
        {
            Assert.InRange(header.Error, -511, 0);
            Assert.True(header.Error == 0 || length == Marshal.SizeOf<OutHeader>(), "an error reply with a body");
        }

        return new Answer(header.Unique, header.Error, _buffer[Marshal.SizeOf<OutHeader>()..length]);
    }

    /// <summary>Discards all replies until the connection is closed or there is none for a moment.</summary>
    public bool TryReceive(TimeSpan patience)
    {
        if (!_socket.Poll(patience, SelectMode.SelectRead))
            return false;
        return _socket.Receive(_buffer) > 0;
    }

    /// <summary>As on unmount: readers see the end.</summary>
    public void Hangup() => _socket.Dispose();

    public void Dispose() => _socket.Dispose();

    public static byte[] Bytes<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    public static byte[] Name(string name) => [.. System.Text.Encoding.UTF8.GetBytes(name), 0];

    public sealed record Answer(ulong Unique, int Code, byte[] Body)
    {
        public Errno Error => (Errno)(-Code);

        public T As<T>()
            where T : unmanaged => MemoryMarshal.Read<T>(Body);
    }
}
