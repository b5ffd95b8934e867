using System.Globalization;
using LinuxFuse.Interop;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Mounting;

/// <summary>mount(2) and umount2(2): for root, also of a user namespace.</summary>
internal static class DirectMount
{
    private const uint ReadOnlyFlag = 1;
    private const uint NoSuidFlag = 2;
    private const uint NoDevicesFlag = 4;
    private const uint NoExecuteFlag = 8;
    private const uint NoAccessTimeFlag = 1024;

    private const int DetachFlag = 2;

    /// <summary>Never follow a symbolic link that somebody put in the mount point's place.</summary>
    private const int NoFollowFlag = 8;

    /// <summary>Null if this process may not mount.</summary>
    /// <exception cref="FuseException">It may, but it does not work.</exception>
    public static SafeFileHandle? TryMount(string target, FuseOptions options)
    {
        SafeFileHandle device;
        try
        {
            device = DeviceNode.Open();
        }
        catch (FuseException exception) when (exception.Errno is Errno.EACCES or Errno.EPERM && options.Method == MountMethod.Automatic)
        {
            return null;
        }

        string type = options.Subtype.Length == 0 ? "fuse" : $"fuse.{options.Subtype}";
        if (Libc.Mount(options.Source, target, type, Flags(options), Data(device, options)) == 0)
            return device;
        Errno error = Libc.LastErrno;
        device.Dispose();
        if (error == Errno.EPERM && options.Method == MountMethod.Automatic)
            return null;
        throw new FuseException(
            error switch
            {
                Errno.EPERM => $"mounting on {target} is not permitted: be root, or install fusermount3 (package fuse3)",
                Errno.ENODEV => "this kernel has no FUSE file system: load the fuse module (modprobe fuse)",
                _ => $"mounting on {target} failed: {Libc.Describe(error)}",
            },
            error);
    }

    public static Errno Unmount(string target, bool lazy) =>
        Libc.Unmount(target, NoFollowFlag | (lazy ? DetachFlag : 0)) == 0 ? Errno.OK : Libc.LastErrno;

    private static nuint Flags(FuseOptions options) =>
        (options.ReadOnly ? ReadOnlyFlag : 0) | (options.NoSuid ? NoSuidFlag : 0) | (options.NoDevices ? NoDevicesFlag : 0)
        | (options.NoExecute ? NoExecuteFlag : 0) | (options.NoAccessTime ? NoAccessTimeFlag : 0);

    private static string Data(SafeFileHandle device, FuseOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"fd={device.DangerousGetHandle()},rootmode=40000,user_id={Libc.EffectiveUser()},group_id={Libc.EffectiveGroup()}")
        + (options.DefaultPermissions ? ",default_permissions" : "") + (options.AllowOther ? ",allow_other" : "");
}
