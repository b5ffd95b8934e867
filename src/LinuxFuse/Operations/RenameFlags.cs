namespace LinuxFuse;

/// <summary>The flags of renameat2(2).</summary>
[Flags]
public enum RenameFlags : uint
{
    None = 0,

    /// <summary>EEXIST if the new name exists.</summary>
    NoReplace = 1,

    /// <summary>Both names exist and change places.</summary>
    Exchange = 2,
    Whiteout = 4,
}
