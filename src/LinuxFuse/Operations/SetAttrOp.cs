using LinuxFuse.Protocol;
using LinuxFuse.Session;

namespace LinuxFuse;

/// <summary>SETATTR: chmod, chown, truncate, utimensat. Null means "leave as it is". Answer with the attributes after the change.</summary>
public readonly struct SetAttrOp
{
    private readonly RequestRef _request;

    internal SetAttrOp(FuseRequest request) => _request = new RequestRef(request);

    public RequestInfo Request => new(_request);

    public NodeId Node => _request.Value.Node;

    /// <summary>The open file that ftruncate(2) was called on, if known.</summary>
    public FileHandle? Handle => Has(SetAttrMask.Handle) ? new FileHandle(Body.Handle) : null;

    /// <summary>New length in bytes. Not checked: the kernel allows up to <see cref="long.MaxValue"/>.</summary>
    public long? Size => Has(SetAttrMask.Size) ? (long)Body.Size : null;

    /// <summary>New permission bits, with the type bits as they were.</summary>
    public uint? Mode => Has(SetAttrMask.Mode) ? Body.Mode : null;

    public uint? Uid => Has(SetAttrMask.Uid) ? Body.Uid : null;

    public uint? Gid => Has(SetAttrMask.Gid) ? Body.Gid : null;

    public FuseTime? Accessed => Time(SetAttrMask.Accessed, SetAttrMask.AccessedNow, Body.Accessed, Body.AccessedNanoseconds);

    public FuseTime? Modified => Time(SetAttrMask.Modified, SetAttrMask.ModifiedNow, Body.Modified, Body.ModifiedNanoseconds);

    public FuseTime? Changed => Time(SetAttrMask.Changed, SetAttrMask.None, Body.Changed, Body.ChangedNanoseconds);

    private ref readonly SetAttrIn Body => ref _request.Value.As<SetAttrIn>();

    /// <summary>Return what this returns.</summary>
    public Errno Reply(in FuseAttr attributes, TimeSpan validFor) => _request.Value.Reply(Wire.Attributes(attributes, validFor));

    private bool Has(SetAttrMask bit) => (Body.Valid & (uint)bit) != 0;

    private FuseTime? Time(SetAttrMask bit, SetAttrMask now, long seconds, uint nanoseconds) =>
        !Has(bit) ? null : Has(now) ? FuseTime.Now : new FuseTime(seconds, nanoseconds);
}
