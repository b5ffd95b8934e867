using DataStoreFS.Server.Http;

namespace DataStoreFS.Server.Storage;

/// <summary>Versions come and go: as whole folders, prepared or removed under a hidden name, so that nobody sees half of one.</summary>
internal sealed class VersionFolders
{
    private readonly Lock _gate = new();
    private long _counter;

    /// <summary>Makes an empty version (metadata, no blocks) out of the highest one.</summary>
    /// <returns>Its number.</returns>
    public int CreateNext(DatasetFolder folder)
    {
        string prepared = HiddenName(folder);
        int number;
        try
        {
            DatasetTree.CopyWithoutBlocks(folder.VersionPath(folder.Highest), prepared);
            lock (_gate)
            {
                // Only the numbering needs the lock: two calls never get the same number.
                folder.Forget();
                number = folder.Highest + 1;
                Directory.Move(prepared, folder.VersionPath(number));
            }
        }
        catch
        {
            if (Directory.Exists(prepared))
            {
                Directory.Delete(prepared, recursive: true);
            }

            throw;
        }

        folder.Forget();
        return number;
    }

    /// <summary>Removes a version with its blocks.</summary>
    /// <exception cref="Refusal">404: there is none. 406: it is the last one.</exception>
    public void Delete(DatasetFolder folder, int version)
    {
        string doomed = HiddenName(folder);
        lock (_gate)
        {
            folder.Forget();
            if (!folder.HasVersion(version))
            {
                throw new Refusal(404, $"Dataset with uuid={folder.Uuid} does not have version {version}");
            }

            if (folder.Versions.Count == 1)
            {
                throw new Refusal(406, $"Version {version} is the last version in dataset {folder.Uuid}");
            }

            // A file with a number as its name counts as a version, too.
            if (Directory.Exists(folder.VersionPath(version)))
            {
                Directory.Move(folder.VersionPath(version), doomed);
            }
            else
            {
                File.Delete(folder.VersionPath(version));
            }
        }

        folder.Forget();
        if (Directory.Exists(doomed))
        {
            Directory.Delete(doomed, recursive: true);
        }
    }

    private string HiddenName(DatasetFolder folder) => $"{folder.Path}/.{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}.part";
}
