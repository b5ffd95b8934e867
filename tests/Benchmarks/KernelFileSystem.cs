using System.Globalization;
using System.Text;
using DataStoreFS.N5;
using LinuxFuse;

namespace Benchmarks;

/// <summary>How a file's bytes come to its reader.</summary>
internal enum KernelWay
{
    /// <summary>READ is answered from memory; OPEN is never sent. As the product's read-only mounts do it.</summary>
    Read,

    /// <summary>NOTIFY_STORE is queued as soon as LOOKUP is answered; what READ still asks for is answered as well.</summary>
    StoreAfterLookup,

    /// <summary>NOTIFY_STORE has ended when OPEN is answered.</summary>
    StoreInOpen,

    /// <summary>NOTIFY_STORE long before anybody opens the file (but after its LOOKUP: the kernel takes pages only of files that it knows).</summary>
    StoreAhead,

    /// <summary>OPEN names a backing file that was registered before.</summary>
    PassthroughKept,

    /// <summary>OPEN registers the backing file, RELEASE gives it back.</summary>
    PassthroughPerOpen,

    /// <summary>READ is answered from memory into the reader's own buffer, past the page cache.</summary>
    Direct,
}

/// <summary>Files of a root folder, called 0, 1, 2 …, all of one length, that nothing but the kernel stands between their readers and.</summary>
internal sealed class KernelFileSystem(KernelWay way, int files, BlockBuffer[] content, Func<int, string> backing) : FuseFileSystem, IDisposable
{
    private const ulong FirstNode = 2;

    private readonly BackingFile?[] _backing = new BackingFile?[files];
    private FuseMount _mount = null!;

    /// <summary>Registers all backing files.</summary>
    public void OpenBacking()
    {
        for (int i = 0; i < files; i++)
        {
            _backing[i] = OpenBacking(i);
        }
    }

    /// <summary>Pushes all files. They must have been looked up.</summary>
    public Task StoreAsync()
    {
        for (int i = 0; i < files; i++)
        {
            Store(i);
        }

        return _mount.Notifier.FlushAsync();
    }

    public void Dispose()
    {
        foreach (BackingFile? file in _backing)
        {
            file?.Dispose();
        }
    }

    protected internal override ValueTask InitAsync(FuseMount mount, CancellationToken cancellationToken)
    {
        _mount = mount;
        return ValueTask.CompletedTask;
    }

    protected internal override ValueTask<Errno> LookupAsync(LookupOp op)
    {
        if (!int.TryParse(Encoding.ASCII.GetString(op.Name), CultureInfo.InvariantCulture, out int file) || (uint)file >= files)
        {
            return new(Errno.ENOENT);
        }

        Errno result = op.Reply(new FuseEntry(new NodeId(FirstNode + (ulong)file), Attributes(file), TimeSpan.MaxValue));
        if (way == KernelWay.StoreAfterLookup)
        {
            Store(file);
        }

        return new(result);
    }

    protected internal override ValueTask<Errno> GetAttrAsync(GetAttrOp op) => new(op.Reply(
        op.Node == NodeId.Root
            ? new FuseAttr { Inode = 1, Type = FileType.Directory, Permissions = 0b101_101_101 }
            : Attributes(IndexOf(op.Node)), TimeSpan.MaxValue));

    protected internal override async ValueTask<Errno> OpenAsync(OpenOp op)
    {
        int file = IndexOf(op.Node);
        switch (way)
        {
            case KernelWay.StoreInOpen:
                Store(file);
                await _mount.Notifier.FlushAsync().ConfigureAwait(false);
                return op.Reply(default, OpenReply.KeepCache | OpenReply.NoFlush);
            case KernelWay.PassthroughKept:
                return op.Reply(default, OpenReply.NoFlush, _backing[file]!);
            case KernelWay.PassthroughPerOpen:
                _backing[file] = OpenBacking(file);
                return op.Reply(default, OpenReply.NoFlush, _backing[file]!);
            case KernelWay.Direct:
                return op.Reply(default, OpenReply.DirectIO | OpenReply.NoFlush);
            default:
                return op.ReplyStateless();
        }
    }

    protected internal override ValueTask<Errno> ReadAsync(ReadOp op)
    {
        ReadOnlyMemory<byte> bytes = BytesOf(IndexOf(op.Node));
        int start = (int)Math.Min(op.Offset, bytes.Length);
        return new(op.Reply(bytes.Slice(start, Math.Min(op.Size, bytes.Length - start))));
    }

    protected internal override ValueTask<Errno> ReleaseAsync(ReleaseOp op)
    {
        if (way == KernelWay.PassthroughPerOpen)
        {
            Interlocked.Exchange(ref _backing[IndexOf(op.Node)], null)?.Dispose();
        }

        return new(Errno.OK);
    }

    private static int IndexOf(NodeId node) => (int)(node.Value - FirstNode);

    private FuseAttr Attributes(int file) =>
        new() { Inode = FirstNode + (ulong)file, Type = FileType.Regular, Permissions = 0b100_100_100, Size = content[0].Length };

    private ReadOnlyMemory<byte> BytesOf(int file) => content[file % content.Length].Memory;

    private void Store(int file) => _mount.Notifier.Store(new NodeId(FirstNode + (ulong)file), 0, BytesOf(file));

    private BackingFile OpenBacking(int file)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(backing(file));
        return _mount.OpenBacking(handle);
    }
}
