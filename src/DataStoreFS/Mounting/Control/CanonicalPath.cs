using DataStoreFS.Model;

namespace DataStoreFS.Mounting.Control;

/// <summary>
/// The one spelling of a mount point: absolute, symbolic links followed, no <c>.</c> or <c>..</c>. Uses nothing but readlink(2), which the
/// kernel answers for a mounted root without asking the file system, so it also works when the daemon behind the mount hangs or is dead.
/// </summary>
public static class CanonicalPath
{
    // The kernel's own limit (include/linux/namei.h, MAXSYMLINKS).
    private const int MaximumLinks = 40;

    /// <exception cref="DataStoreException">Usage: a loop of links.</exception>
    public static string Of(string path)
    {
        Stack<string> pending = new();
        Push(pending, Path.GetFullPath(path));
        string done = "/";
        int links = 0;
        while (pending.TryPop(out string? step))
        {
            if (step == "..")
            {
                done = Path.GetDirectoryName(done) ?? "/";
                continue;
            }

            string next = Path.Join(done, step);
            string? target = new FileInfo(next).LinkTarget;
            if (target is null)
            {
                done = next;
                continue;
            }

            if (++links > MaximumLinks)
            {
                throw new DataStoreException(DataStoreErrorKind.Usage, $"cannot use '{path}': its symbolic links form a loop");
            }

            done = target.StartsWith('/') ? "/" : done;
            Push(pending, target);
        }

        return done;
    }

    private static void Push(Stack<string> pending, string path)
    {
        string[] steps = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            if (steps[i] != ".")
            {
                pending.Push(steps[i]);
            }
        }
    }
}
