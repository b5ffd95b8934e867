using LinuxFuse.Interop;
using LinuxFuse.Protocol;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Mounting;

/// <summary>/dev/fuse, and what its descriptors can besides reading and writing.</summary>
internal static unsafe class DeviceNode
{
    public const string Path = "/dev/fuse";

    // _IOR(229, 0, uint32), _IOW(229, 1, struct fuse_backing_map), _IOW(229, 2, uint32)
    private const nuint CloneRequest = 0x8004E500;
    private const nuint BackingOpenRequest = 0x4010E501;
    private const nuint BackingCloseRequest = 0x4004E502;

    /// <summary>A new descriptor, not mounted yet.</summary>
    /// <exception cref="FuseException">The device is missing or not accessible.</exception>
    public static SafeFileHandle Open()
    {
        int fd = Libc.Open(Path, Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        if (fd >= 0)
            return new SafeFileHandle(fd, ownsHandle: true);
        Errno error = Libc.LastErrno;
        throw new FuseException(
            error switch
            {
                Errno.ENOENT => $"{Path} is missing: load the fuse kernel module, or give the container the device (--device {Path})",
                Errno.ENODEV or Errno.ENXIO => $"{Path} has no driver: load the fuse kernel module (modprobe fuse)",
                Errno.EACCES or Errno.EPERM => $"{Path} may not be opened: {Libc.Describe(error)}; its mode should be 0666",
                _ => $"{Path} cannot be opened: {Libc.Describe(error)}",
            },
            error);
    }

    /// <summary>Takes over a descriptor from outside: reads shall block, and child processes shall not keep the mount alive.</summary>
    public static void Prepare(SafeFileHandle device)
    {
        bool added = false;
        try
        {
            device.DangerousAddRef(ref added);
            int fd = (int)device.DangerousGetHandle();
            int flags = Libc.Fcntl(fd, Libc.GetStatusFlags, 0);
            if (flags < 0)
                throw new FuseException($"descriptor {fd} cannot be used: {Libc.Describe(Libc.LastErrno)}", Libc.LastErrno);
            _ = Libc.Fcntl(fd, Libc.SetStatusFlags, flags & ~Libc.NonBlocking);
            _ = Libc.Fcntl(fd, Libc.SetDescriptorFlags, Libc.CloseOnExec);
        }
        finally
        {
            if (added)
                device.DangerousRelease();
        }
    }

    /// <summary>Another descriptor of the same connection.</summary>
    /// <exception cref="FuseException">The master is not mounted, or no /dev/fuse at all.</exception>
    public static SafeFileHandle Clone(SafeFileHandle master)
    {
        SafeFileHandle clone = Open();
        bool added = false;
        try
        {
            master.DangerousAddRef(ref added);
            uint fd = (uint)master.DangerousGetHandle();
            if (Libc.Ioctl(clone, CloneRequest, &fd) == 0)
                return clone;
            Errno error = Libc.LastErrno;
            clone.Dispose();
            throw new FuseException($"{Path} cannot be cloned: {Libc.Describe(error)}", error);
        }
        finally
        {
            if (added)
                master.DangerousRelease();
        }
    }

    /// <exception cref="FuseException">Not root, not agreed on, or a file that the kernel does not take.</exception>
    public static int OpenBacking(SafeFileHandle device, SafeFileHandle file)
    {
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            BackingMap map = new() { Fd = (int)file.DangerousGetHandle() };
            int id = Libc.Ioctl(device, BackingOpenRequest, &map);
            if (id > 0)
                return id;
            Errno error = Libc.LastErrno;
            throw new FuseException($"the file cannot back another one: {Libc.Describe(error)}", error);
        }
        finally
        {
            if (added)
                file.DangerousRelease();
        }
    }

    public static void CloseBacking(SafeFileHandle device, int id)
    {
        uint number = (uint)id;
        _ = Libc.Ioctl(device, BackingCloseRequest, &number);
    }
}
