namespace LinuxFuse.Protocol;

/// <summary><c>FATTR_*</c>: which fields of <see cref="SetAttrIn"/> are meant.</summary>
[Flags]
internal enum SetAttrMask : uint
{
    None = 0,
    Mode = 1 << 0,
    Uid = 1 << 1,
    Gid = 1 << 2,
    Size = 1 << 3,
    Accessed = 1 << 4,
    Modified = 1 << 5,
    Handle = 1 << 6,
    AccessedNow = 1 << 7,
    ModifiedNow = 1 << 8,
    LockOwner = 1 << 9,
    Changed = 1 << 10,
    KillSuidGid = 1 << 11,
}
