using DataStoreFS.Model;
using DataStoreFS.Mounting.Control;
using DataStoreFS.Tree;
using DataStoreFS.Views;
using Integration.Mounts;
using LinuxFuse;
using Mono.Unix.Native;
using Errno = Mono.Unix.Native.Errno;

namespace Integration.Crash;

/// <summary>The folders of one crash test: what the server keeps, the mount point, the journal and the overlay that outlive the daemons.</summary>
internal sealed class CrashPlace : IAsyncDisposable
{
    private readonly VolumeTree _tree;

    public CrashPlace()
    {
        foreach (string folder in new[] { Origin, MountPoint, Run })
        {
            Directory.CreateDirectory(folder);
        }

        DatasetWriter.Write(Origin, Volume, static _ => false);
        _tree = new VolumeTree(Volume, new VolumeFiles(new N5View(Volume), default));
    }

    public VolumeInfo Volume { get; } = Volumes.Make(
        "0", [0], [0, 1], [0], new LevelInfo(0, new Size3(1, 1, 1), new Size3(100, 70, 24), new Size3(32, 32, 16)));

    public string Folder { get; } = Directory.CreateTempSubdirectory("datastorefs-crash-").FullName;
    public string Origin => Path.Join(Folder, "origin");
    public string MountPoint => Path.Join(Folder, "mount");
    public string Run => Path.Join(Folder, "run");
    public string Log => Path.Join(Folder, "log");

    /// <summary>The present daemon's close() waits for the server.</summary>
    public bool Through { get; set; }

    /// <summary>Of a block, through the mount.</summary>
    public string PathOf(in BlockKey key) => Path.Join(MountPoint, _tree.PathOf(Node.Of(key)));

    /// <summary>What the server's disk has of a block; see <see cref="BlockPattern.GenerationOf"/>.</summary>
    public long? Stored(in BlockKey key) => Read(key, Path.Join(Origin, Volume.Uuid, Volume.ResolvedVersion, _tree.PathOf(Node.Of(key))));

    /// <summary>What a program reads of a block through the mount.</summary>
    /// <exception cref="PosixException">The block cannot be looked at. <c>File.Exists</c> would call that missing.</exception>
    public long? Shown(in BlockKey key)
    {
        string path = PathOf(key);
        if (Syscall.stat(path, out _) == 0)
        {
            return BlockPattern.GenerationOf(Volume, key, File.ReadAllBytes(path));
        }

        Errno error = Stdlib.GetLastError();
        return error == Errno.ENOENT ? BlockPattern.GenerationOf(Volume, key, null) : throw new PosixException("stat", error);
    }

    public Daemon Mount(string program, string url) => Daemon.Start(
        program,
        Run,
        [
            "mount", $"{url}/datasets/{Volume.Uuid}/{Volume.ResolvedVersion}", MountPoint, "--foreground",
            "--read-write", "--write-back", Through ? "through" : "journal", "--journal", Path.Join(Folder, "journal"),
            "--overlay", Path.Join(Folder, "overlay"), "--timeout", "5s", "--cache-size", "16MiB", "--log", Log,
        ]);

    public async ValueTask DisposeAsync()
    {
        if (FuseMount.IsStale(MountPoint))
        {
            await FuseMount.UnmountAsync(MountPoint, lazy: true, CancellationToken.None);
        }

        File.Delete(ControlAddress.ToListen(MountPoint)); // a killed daemon leaves it
        Directory.Delete(Folder, true);
    }

    private long? Read(in BlockKey key, string path) => BlockPattern.GenerationOf(Volume, key, File.Exists(path) ? File.ReadAllBytes(path) : null);
}
