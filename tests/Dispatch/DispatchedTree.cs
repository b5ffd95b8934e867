using System.Runtime.InteropServices;
using DataStoreFS.Blocks;
using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Files;
using DataStoreFS.N5;
using DataStoreFS.Prefetch;
using DataStoreFS.Remote;
using DataStoreFS.Traces;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using LinuxFuse;
using LinuxFuse.Interop;
using LinuxFuse.Protocol;
using LinuxFuse.Session;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace DataStoreFS.Dispatch;

/// <summary>
/// Requests for <see cref="Workloads.Medium"/>, the blocks of its first row in memory: parsed, handled and answered as those of a mount are, but
/// without a kernel.
/// </summary>
/// <remarks>
/// Contract. Owns everything it makes. Its requests share one buffer each and are served on the caller's thread: one caller at a time.
/// </remarks>
internal sealed class DispatchedTree : IDisposable
{
    private const int UnixDomain = 1;
    private const int SeqPacketType = 5;
    private const int CloseOnExec = 0x80000;
    private const int InitBytes = 40 + 64;
    private const ulong InitUnique = 2;

    private readonly NativeBlockPool _pool = new();
    private readonly DataStoreClient _client;
    private readonly BlockStore _store;
    private readonly Prefetcher _prefetcher;
    private readonly FuseMount _mount;
    private readonly DeviceChannel _nowhere = new(File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write));
    private readonly SafeFileHandle _kernel;
    private readonly List<NativeBuffer> _messages = [];

    /// <param name="missing">Whether LOOKUP has to know if a block exists.</param>
    public DispatchedTree(MissingBlocks missing)
    {
        _client = new DataStoreClient("http://127.0.0.1:9", _pool);
        _store = new BlockStore(new BlockStoreOptions { CacheBytes = 64 << 20 });
        _store.AddVolume(Workloads.Medium, _client);
        _prefetcher = new Prefetcher(new PrefetchSettings(null, 512L << 20), 512 << 10, new Nowhere());
        _prefetcher.AddVolume(Workloads.Medium);
        VolumeTree tree = new(Workloads.Medium, new VolumeFiles(new N5View(Workloads.Medium), "<SpimData/>"u8.ToArray()));
        MountSettings settings = new()
        {
            Source = new SourceAddress("http://127.0.0.1:9", Workloads.Medium.Uuid, "0"),
            MountPoint = "/nowhere",
            Missing = missing,
            MaxAge = MountSettings.Never,
        };
        MountState state = MountState.Create(MountSettings.Never, MountSettings.Never, NullLogger.Instance);
        TreeContext context = new(tree, _store, settings, state) { Prefetcher = _prefetcher };
        for (int z = 0; z < Blocks; z++)
        {
            Keep(new BlockKey(0, 0, 0, 0, 0, 0, z));
        }

        (SafeFileHandle daemon, _kernel) = Pair();
        Task<FuseMount> attaching = FuseMount.AttachAsync(
            daemon, new DataStoreFileSystem(new TreeHandlers(context)), new FuseOptions { Readers = 1, ReadOnly = true });
        ShakeHands();
        _mount = attaching.GetAwaiter().GetResult();

        ulong row = tree.IdOf(new Node(NodeKind.Row));
        ulong block = tree.IdOf(Node.Of(default));
        LookUp = Message(FuseOpcode.Lookup, row, [.. "5"u8, 0]);
        GetAttributes = Message(FuseOpcode.GetAttr, block, Bytes(default(GetAttrIn)));
        Reads = [.. Enumerable.Range(0, Blocks).Select(z =>
            Message(FuseOpcode.Read, tree.IdOf(Node.Of(new BlockKey(0, 0, 0, 0, 0, 0, z))), Bytes(new ReadIn { Size = 1 << 20 })))];
    }

    /// <summary>Blocks in memory: x = y = 0, z from 0.</summary>
    public static int Blocks => 16;

    public NativeBuffer LookUp { get; }

    public NativeBuffer GetAttributes { get; }

    /// <summary>READs of whole blocks, by z.</summary>
    public IReadOnlyList<NativeBuffer> Reads { get; }

    /// <summary>Replies that were errors: 0, or nothing of what was counted or timed is worth anything.</summary>
    public long Errors => _mount.Statistics.Errors;

    public long BytesRead => _mount.Statistics.BytesRead;

    /// <summary>Parses, handles and answers one request.</summary>
    public void Serve(NativeBuffer message)
    {
        IWriteMemory? none = null;
        _mount.Session.Receiver.Receive(_nowhere, message, MemoryMarshal.Read<int>(message.GetSpan()), ref none);
    }

    public void Dispose()
    {
        _kernel.Dispose();
        _mount.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _nowhere.Dispose();
        _messages.ForEach(message => message.Free());
        _prefetcher.Dispose();
        _store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _client.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _pool.Dispose();
    }

    private static byte[] Bytes<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    private static unsafe (SafeFileHandle Daemon, SafeFileHandle Kernel) Pair()
    {
        int* pair = stackalloc int[2];
        return Libc.SocketPair(UnixDomain, SeqPacketType | CloseOnExec, 0, pair) == 0
            ? (new SafeFileHandle(pair[0], ownsHandle: true), new SafeFileHandle(pair[1], ownsHandle: true))
            : throw new IOException("socketpair failed");
    }

    private void Keep(in BlockKey key)
    {
        LevelInfo level = Workloads.Medium.Level(key);
        BlockBuffer block = _pool.Rent(BlockBuffer.HeaderBytes + (int)(2 * level.BlockSize.Count));
        N5Header.Write(block.GetSpan(), level.BlockSize);
        _store.Written(key, block);
        block.Release();
    }

    // INIT, as Linux 6.18 sends it, to the session's own reader, which then waits for a second message until the end.
    private unsafe void ShakeHands()
    {
        byte[] message =
        [
            .. Bytes(new InHeader { Length = InitBytes, Opcode = (uint)FuseOpcode.Init, Unique = InitUnique }),
            .. Bytes(new InitIn { Major = 7, Minor = 45, MaxReadahead = 131072, Flags = 0x73fffffb, Flags2 = 0x5fd }),
        ];
        DeviceChannel kernel = new(_kernel);
        NativeBuffer answer = new(4096);
        fixed (byte* bytes = message)
        {
            IoVector vector = new() { Base = bytes, Length = (nuint)message.Length };
            if (Libc.WriteVector(_kernel, &vector, 1) != message.Length || kernel.Read(answer, out _) <= sizeof(OutHeader))
            {
                throw new IOException("the session does not shake hands");
            }
        }

        answer.Free();
    }

    private NativeBuffer Message(FuseOpcode opcode, ulong node, byte[] body)
    {
        byte[] message =
        [
            .. Bytes(
                new InHeader
                {
                    Length = (uint)(40 + body.Length),
                    Opcode = (uint)opcode,
                    Unique = 4,
                    Node = node,
                    Uid = 1000,
                    Gid = 100,
                    Pid = 0x7fff0000,
                }),
            .. body,
        ];
        NativeBuffer buffer = new(4096);
        message.CopyTo(buffer.GetSpan());
        _messages.Add(buffer);
        return buffer;
    }

    private sealed class Nowhere : IBlockPrefetch
    {
        public int PrefetchRoom => 100;

        public TimeSpan DistanceOf(in BlockKey key) => TimeSpan.Zero;

        public PrefetchReply Prefetch(in BlockKey key, bool more = false) => PrefetchReply.Known;
    }
}
