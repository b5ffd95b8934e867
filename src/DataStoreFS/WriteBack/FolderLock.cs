using System.Globalization;
using System.Runtime.InteropServices;
using DataStoreFS.Model;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace DataStoreFS.WriteBack;

/// <summary>
/// An exclusive flock(2) on a file of a folder. The kernel drops it when the process dies, however it dies, so there are no stale locks.
/// Not by FileShare.None, which an environment variable turns off, and not on a handle of File's, which takes a shared flock of its own.
/// </summary>
internal sealed partial class FolderLock : IDisposable
{
    private const int LockExclusive = 2;
    private const int LockNoWait = 4;
    private const int Unlock = 8;

    private readonly SafeFileHandle _file;

    private FolderLock(SafeFileHandle file) => _file = file;

    /// <exception cref="DataStoreException">Usage: another process has it.</exception>
    public static FolderLock Take(string folder)
    {
        string path = Path.Combine(folder, "lock");
        SafeFileHandle file = Open(path);
        if (Flock((int)file.DangerousGetHandle(), LockExclusive | LockNoWait) != 0)
        {
            byte[] holder = new byte[20];
            int length = RandomAccess.Read(file, holder, 0);
            file.Dispose();
            string who = int.TryParse(holder.AsSpan(0, length), CultureInfo.InvariantCulture, out int pid) ? $"process {pid}" : "another process";
            throw new DataStoreException(
                DataStoreErrorKind.Usage,
                $"the journal folder {folder} is in use by {who}: unmount that one first, or name another folder with --journal");
        }

        RandomAccess.SetLength(file, 0);
        RandomAccess.Write(file, System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), 0);
        return new FolderLock(file);
    }

    public void Dispose()
    {
        if (!_file.IsClosed)
        {
            // Closing alone would leave it to a child that is between fork and exec just now, which has the same open file.
            _ = Flock((int)_file.DangerousGetHandle(), Unlock);
            _file.Dispose();
        }
    }

    private static SafeFileHandle Open(string path)
    {
        int fd = Syscall.open(
            path,
            OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_CLOEXEC | OpenFlags.O_NOFOLLOW,
            FilePermissions.S_IRUSR | FilePermissions.S_IWUSR);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Durable.Failure(path);
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(int fd, int operation);
}
