using Microsoft.Win32.SafeHandles;

namespace DataStoreFS.Server.Storage;

/// <summary>
/// Files that are old or new, never torn: written beside their place and renamed over it. The temporary name starts with a dot, so that it is no
/// block, no version and no level; one that a crash leaves behind harms nobody and is not copied into new versions.
/// </summary>
internal static class AtomicFile
{
    private static long s_counter;

    /// <param name="path">Its folder must exist.</param>
    /// <param name="content">All of the file.</param>
    /// <param name="sync">Content and name are on the disk when this returns; without it a crash of the machine may leave an empty file or
    /// none.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, bool sync)
    {
        string folder = Path.GetDirectoryName(path)!;
        string temporary = $"{folder}/.{Path.GetFileName(path)}.{Environment.ProcessId}-{Interlocked.Increment(ref s_counter)}.part";
        try
        {
            using (SafeFileHandle file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                RandomAccess.Write(file, content, 0);
                if (sync)
                {
                    RandomAccess.FlushToDisk(file);
                }
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        if (sync)
        {
            NativeFile.SyncFolder(folder);
        }
    }
}
