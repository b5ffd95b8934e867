using LinuxFuse.Interop;

namespace LinuxFuse.Tests.Support;

/// <summary>A test that mounts. It needs root (also of a user namespace) and /dev/fuse, as the build server has.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FuseFactAttribute : FactAttribute
{
    public FuseFactAttribute()
    {
        if (Libc.EffectiveUser() != 0 || !File.Exists("/dev/fuse"))
            Skip = "needs root and /dev/fuse";
    }
}
