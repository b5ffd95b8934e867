using System.Globalization;
using LinuxFuse.Interop;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Mounting;

/// <summary>Chooses the way to mount and to unmount.</summary>
internal static class Mounter
{
    private const string DescriptorPrefix = "/dev/fd/";

    /// <summary>A file that a dying process still holds makes unmounting fail for a moment.</summary>
    private const int BusyAttempts = 5;

    private static readonly TimeSpan s_busyPause = TimeSpan.FromMilliseconds(20);

    /// <summary>The descriptor if the path is of the form /dev/fd/N: somebody else has mounted, and passed it on.</summary>
    public static SafeFileHandle? TryTakeDescriptor(string path) =>
        path.StartsWith(DescriptorPrefix, StringComparison.Ordinal)
        && int.TryParse(path.AsSpan(DescriptorPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int fd)
            ? new SafeFileHandle(fd, ownsHandle: true)
            : null;

    /// <exception cref="FuseException">The reason in one line.</exception>
    public static async Task<SafeFileHandle> MountAsync(string target, FuseOptions options)
    {
        if (options.Method != MountMethod.Helper && DirectMount.TryMount(target, options) is { } device)
            return device;
        return await HelperMount.MountAsync(target, options).ConfigureAwait(false);
    }

    /// <exception cref="FuseException">The reason in one line; EBUSY while files are open.</exception>
    public static async Task UnmountAsync(string target, bool lazy, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            // Another thread, because the kernel may make this one wait for the file system.
            Errno error = await Task.Run(() => DirectMount.Unmount(target, lazy), cancellationToken).ConfigureAwait(false);
            switch (error)
            {
                case Errno.OK:
                    return;

                case Errno.EPERM:
                    await HelperMount.UnmountAsync(target, lazy, cancellationToken).ConfigureAwait(false);
                    return;

                case Errno.EBUSY when attempt < BusyAttempts:
                    await Task.Delay(s_busyPause, cancellationToken).ConfigureAwait(false);
                    continue;

                case Errno.EBUSY:
                    throw new FuseException($"{target} is in use: close its files and leave its directories, or unmount lazily", error);

                case Errno.EINVAL:
                    throw new FuseException($"nothing is mounted on {target}", error);

                default:
                    throw new FuseException($"unmounting {target} failed: {Libc.Describe(error)}", error);
            }
        }
    }
}
