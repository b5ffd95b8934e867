using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace LinuxFuse.Mounting;

/// <summary>fusermount3: mounts for users who may not, and hands over the descriptor through a socket.</summary>
internal static class HelperMount
{
    /// <summary>The helper's work is a few system calls; only a hung file system below the mount point can make it last.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private const string SocketVariable = "_FUSE_COMMFD";

    private static readonly string[] s_programs = ["fusermount3", "fusermount"];
    private static readonly string[] s_folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <exception cref="FuseException">With what the helper says.</exception>
    public static async Task<SafeFileHandle> MountAsync(string target, FuseOptions options)
    {
        (SafeFileHandle ours, SafeFileHandle childs) = DescriptorSocket.CreatePair();
        using (ours)
        {
            string said;
            using (childs)
            {
                // Until the helper has it, any other child that this process starts inherits this end too. That would be harmless: nothing waits for
                // its end.
                DescriptorSocket.Inherit(childs);
                string[] arguments = ["-o", HelperOptions.Format(options), "--", target];

                // Not to be cancelled: a helper killed after mounting would leave a dead mount.
                (_, said) = await RunAsync(arguments, childs, CancellationToken.None).ConfigureAwait(false);
            }

            return DescriptorSocket.TryReceive(ours) ?? throw Failure(target, said);
        }
    }

    /// <exception cref="FuseException">With what the helper says.</exception>
    public static async Task UnmountAsync(string target, bool lazy, CancellationToken cancellationToken)
    {
        string[] arguments = lazy ? ["-u", "-z", "--", target] : ["-u", "--", target];
        (int exit, string said) = await RunAsync(arguments, null, cancellationToken).ConfigureAwait(false);
        if (exit == 0)
            return;
        Errno errno = said.Contains("busy", StringComparison.OrdinalIgnoreCase) ? Errno.EBUSY
            : said.Contains("not found", StringComparison.OrdinalIgnoreCase) ? Errno.EINVAL
            : Errno.EPERM;
        throw new FuseException($"unmounting {target} failed: {said}", errno);
    }

    private static FuseException Failure(string target, string said) =>
        new($"mounting on {target} failed: {(said.Length == 0 ? "fusermount3 gave no reason" : said)}" + Remedy(said), Errno.EPERM);

    private static string Remedy(string said) => said.Contains("user_allow_other", StringComparison.Ordinal)
        ? "; an administrator can add the line user_allow_other to /etc/fuse.conf"
        : "";

    private static async Task<(int Exit, string Said)> RunAsync(string[] arguments, SafeFileHandle? socket, CancellationToken cancellationToken)
    {
        using Process helper = Start(arguments, socket);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        try
        {
            Task<string> output = helper.StandardOutput.ReadToEndAsync(deadline.Token);
            string said = await helper.StandardError.ReadToEndAsync(deadline.Token).ConfigureAwait(false);
            await output.ConfigureAwait(false);
            await helper.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
            return (helper.ExitCode, OneLine(said));
        }
        catch (OperationCanceledException)
        {
            helper.Kill();
            cancellationToken.ThrowIfCancellationRequested();
            throw new FuseException($"{helper.StartInfo.FileName} did not end within {s_patience.TotalSeconds} s", Errno.ETIMEDOUT);
        }
    }

    private static Process Start(string[] arguments, SafeFileHandle? socket)
    {
        foreach (string name in s_programs)
        {
            if (Find(name, Environment.GetEnvironmentVariable("PATH")) is not { } program)
                continue;
            ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
            start.Environment["LC_ALL"] = "C";
            if (socket is not null)
                start.Environment[SocketVariable] = socket.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
            try
            {
                return Process.Start(start)!;
            }
            catch (Win32Exception exception)
            {
                throw new FuseException($"{program} cannot be started: {exception.Message}", (Errno)exception.NativeErrorCode, exception);
            }
        }

        throw new FuseException("fusermount3 is not installed, and only root can do without: install the package fuse3", Errno.ENOENT);
    }

    /// <summary>Where the program is; null: not installed under this name.</summary>
    /// <remarks>mount(8) starts its helpers without PATH. Process.Start would look into the working directory first.</remarks>
    internal static string? Find(string name, string? path) =>
        (path ?? "").Split(':').Where(Path.IsPathRooted).Concat(s_folders).Select(folder => Path.Join(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>"fusermount3: reason" on one or more lines.</summary>
    private static string OneLine(string said) =>
        string.Join("; ", said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
