using DataStoreFS.Caching.Disk;

namespace DataStoreFS.Cli.Options;

/// <summary>Whether a disk can hold what a disk cache may take of it.</summary>
internal static class DiskRoom
{
    /// <summary>One line when it cannot; otherwise null, also where it is not known.</summary>
    public static string? Warning(DiskTierOptions cache)
    {
        try
        {
            // The folder may not be there yet: the nearest one above it lies on the same disk.
            string folder = cache.Folder;
            while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is string above)
            {
                folder = above;
            }

            long total = new DriveInfo(folder).TotalSize;
            return cache.Size > total
                ? $"the disk cache may take {Quantities.FormatSize(cache.Size)}, but the disk of {cache.Folder} has only "
                    + $"{Quantities.FormatSize(total)}; give a smaller size"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // opening the cache says what is wrong with its folder
        }
    }
}
