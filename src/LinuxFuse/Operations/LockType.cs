namespace LinuxFuse;

/// <summary>F_RDLCK, F_WRLCK, F_UNLCK.</summary>
public enum LockType : uint
{
    Read = 0,
    Write = 1,
    Unlock = 2,
}
