namespace DataStoreFS.Mounting.Control;

/// <summary>What the control socket understands: one line, the word in lower case, then the arguments, if any, as a JSON array of texts.</summary>
public enum ControlCommand
{
    /// <summary>Answers the mount's <see cref="MountStatus"/> as JSON.</summary>
    Status,

    /// <summary>Drops everything that was fetched, here and in the kernel.</summary>
    Refresh,

    /// <summary>Unmounts; answers when that is done, or why it cannot be (files are open).</summary>
    Stop,

    /// <summary>Answers what the server refused, as JSON: <see cref="WriteBack.ParkedBlocksJson"/>.</summary>
    Parked,

    /// <summary>Answers what the overlay holds, below the paths if there are any, as JSON: <see cref="Overlay.OverlayLines"/>.</summary>
    OverlayList,

    /// <summary>Answers how files of the overlay differ from the dataset's own, as text.</summary>
    OverlayDiff,

    /// <summary>Drops what the overlay holds at the paths (<c>""</c>: everywhere), and answers how many changes that were.</summary>
    OverlayDiscard,
}
