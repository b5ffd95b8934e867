namespace LinuxFuse;

/// <summary>The flags of setxattr(2).</summary>
[Flags]
public enum SetXAttrFlags : uint
{
    None = 0,

    /// <summary>EEXIST if the attribute exists.</summary>
    Create = 1,

    /// <summary>ENODATA if it does not.</summary>
    Replace = 2,
}
