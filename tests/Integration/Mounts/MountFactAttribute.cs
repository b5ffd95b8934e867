namespace Integration.Mounts;

/// <summary>A test that mounts: not run where the kernel's /dev/fuse cannot be opened.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute()
    {
        if (!CanMount)
        {
            Skip = "needs root and /dev/fuse";
        }
    }

    internal static bool CanMount { get; } = Mono.Unix.Native.Syscall.geteuid() == 0
        && Mono.Unix.Native.Syscall.access("/dev/fuse", Mono.Unix.Native.AccessModes.R_OK | Mono.Unix.Native.AccessModes.W_OK) == 0;
}

/// <inheritdoc cref="MountFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MountTheoryAttribute : TheoryAttribute
{
    public MountTheoryAttribute()
    {
        if (!MountFactAttribute.CanMount)
        {
            Skip = "needs root and /dev/fuse";
        }
    }
}
