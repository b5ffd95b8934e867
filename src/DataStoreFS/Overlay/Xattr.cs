using System.Globalization;
using Mono.Unix.Native;

namespace DataStoreFS.Overlay;

/// <summary>Extended attributes by the calls that do not follow links, through the parent's handle. Called under the store's lock.</summary>
internal static class Xattr
{
    private const string Supported = "user.";

    public static bool IsSupported(string name) => name.StartsWith(Supported, StringComparison.Ordinal) && !name.Contains('\0');

    public static int Get(Place place, string name, out byte[] value)
    {
        value = [];
        if (place.Upper is null)
        {
            return place.Exists ? PosixErrno.ENODATA : PosixErrno.ENOENT;
        }

        byte[] buffer = new byte[64 << 10]; // XATTR_SIZE_MAX
        long length = Syscall.lgetxattr(PathOf(place), name, buffer, (ulong)buffer.Length);
        value = length >= 0 ? buffer[..(int)length] : [];
        return length >= 0 ? PosixErrno.None : Native.LastErrno;
    }

    public static int List(Place place, out IReadOnlyList<string> names)
    {
        names = [];
        if (place.Upper is null)
        {
            return place.Exists ? PosixErrno.None : PosixErrno.ENOENT;
        }

        byte[] buffer = new byte[64 << 10]; // XATTR_LIST_MAX
        long length = Syscall.llistxattr(PathOf(place), buffer, (ulong)buffer.Length);
        if (length < 0)
        {
            return Native.LastErrno is var error and not PosixErrno.ENOTSUP ? error : PosixErrno.None;
        }

        string all = System.Text.Encoding.UTF8.GetString(buffer, 0, (int)length);
        names = [.. all.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(IsSupported)];
        return PosixErrno.None;
    }

    public static int Set(Place place, string name, byte[] value, int flags) =>
        Native.Result(Syscall.lsetxattr(PathOf(place), name, value, (ulong)value.Length, (XattrFlags)flags));

    public static int Remove(Place place, string name) => place.Upper is null
        ? place.Exists ? PosixErrno.ENODATA : PosixErrno.ENOENT
        : Native.Result(Syscall.lremovexattr(PathOf(place), name));

    private static string PathOf(Place place) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{place.Parent}/{place.DiskName}");
}
