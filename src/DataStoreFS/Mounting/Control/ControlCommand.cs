namespace DataStoreFS.Mounting.Control;

/// <summary>What the control socket understands: one line, lower case.</summary>
public enum ControlCommand
{
    /// <summary>Answers the mount's <see cref="MountStatus"/> as JSON.</summary>
    Status,

    /// <summary>Drops everything that was fetched, here and in the kernel.</summary>
    Refresh,

    /// <summary>Unmounts; answers when that is done, or why it cannot be (files are open).</summary>
    Stop,
}
