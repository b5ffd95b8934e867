namespace LinuxFuse.Tests.Support;

/// <summary>A file system whose handlers are given by the test.</summary>
internal sealed class ScriptedFileSystem : FuseFileSystem
{
    public Func<LookupOp, ValueTask<Errno>>? OnLookup { get; init; }

    public Func<GetAttrOp, ValueTask<Errno>>? OnGetAttr { get; init; }

    public Func<ReadOp, ValueTask<Errno>>? OnRead { get; init; }

    public Func<WriteOp, ValueTask<Errno>>? OnWrite { get; init; }

    public Func<UnlinkOp, ValueTask<Errno>>? OnUnlink { get; init; }

    public Func<ReadDirOp, ValueTask<Errno>>? OnReadDir { get; init; }

    public Func<OpenOp, ValueTask<Errno>>? OnOpen { get; init; }

    public Func<LockOp, ValueTask<Errno>>? OnSetLock { get; init; }

    public Func<FuseMount, CancellationToken, ValueTask>? OnInit { get; init; }

    public Func<IWriteMemory?>? OnRentWriteMemory { get; init; }

    public Action<NodeId, ulong>? OnForget { get; init; }

    public int Destroyed { get; private set; }

    protected internal override ValueTask InitAsync(FuseMount mount, CancellationToken cancellationToken) =>
        OnInit?.Invoke(mount, cancellationToken) ?? default;

    /// <summary>What the end said.</summary>
    public bool? WasUnmounted { get; private set; }

    protected internal override ValueTask DestroyAsync(bool isUnmounted)
    {
        WasUnmounted = isUnmounted;
        Destroyed++;
        return default;
    }

    protected internal override IWriteMemory? RentWriteMemory() => OnRentWriteMemory?.Invoke();

    protected internal override void Forget(NodeId node, ulong lookups) => OnForget?.Invoke(node, lookups);

    protected internal override ValueTask<Errno> LookupAsync(LookupOp op) => OnLookup?.Invoke(op) ?? base.LookupAsync(op);

    protected internal override ValueTask<Errno> GetAttrAsync(GetAttrOp op) => OnGetAttr?.Invoke(op) ?? base.GetAttrAsync(op);

    protected internal override ValueTask<Errno> OpenAsync(OpenOp op) => OnOpen?.Invoke(op) ?? base.OpenAsync(op);

    protected internal override ValueTask<Errno> ReadAsync(ReadOp op) => OnRead?.Invoke(op) ?? base.ReadAsync(op);

    protected internal override ValueTask<Errno> WriteAsync(WriteOp op) => OnWrite?.Invoke(op) ?? base.WriteAsync(op);

    protected internal override ValueTask<Errno> UnlinkAsync(UnlinkOp op) => OnUnlink?.Invoke(op) ?? base.UnlinkAsync(op);

    protected internal override ValueTask<Errno> ReadDirAsync(ReadDirOp op) => OnReadDir?.Invoke(op) ?? base.ReadDirAsync(op);

    protected internal override ValueTask<Errno> SetLockAsync(LockOp op) => OnSetLock?.Invoke(op) ?? base.SetLockAsync(op);
}
