using System.Runtime.InteropServices;
using LinuxFuse;
using LinuxFuse.Samples;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: samples hello|memory MOUNTPOINT");
    return 2;
}

FuseFileSystem? fileSystem = args[0] switch
{
    "hello" => new HelloFileSystem(),
    "memory" => new MemoryFileSystem(),
    _ => null,
};
if (fileSystem is null)
{
    Console.Error.WriteLine($"there is no sample {args[0]}; try hello or memory");
    return 2;
}

FuseOptions options = new()
{
    Source = args[0],
    Subtype = "sample",
    ReadOnly = fileSystem is HelloFileSystem,
    TraceFile = Environment.GetEnvironmentVariable("FUSE_TRACE"),
};
try
{
    await using FuseMount mount = await FuseMount.MountAsync(args[1], fileSystem, options);
    using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Unmount);
    using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Unmount);
    Console.WriteLine($"mounted {args[0]} on {mount.MountPoint}, FUSE 7.{mount.Kernel.Minor}; Ctrl-C unmounts");
    await mount.Completion;
    return 0;

    void Unmount(PosixSignalContext context)
    {
        context.Cancel = true;
        _ = mount.DisposeAsync().AsTask();
    }
}
catch (FuseException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
