namespace LinuxFuse;

/// <summary>Who attaches the file system to its directory.</summary>
public enum MountMethod
{
    /// <summary>mount(2) where this process may, else fusermount3.</summary>
    Automatic,

    /// <summary>mount(2): root, or root of a user namespace.</summary>
    Direct,

    /// <summary>The setuid helper fusermount3.</summary>
    Helper,
}
