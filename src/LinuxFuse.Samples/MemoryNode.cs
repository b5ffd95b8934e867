namespace LinuxFuse.Samples;

/// <summary>A file, directory, link or device. Guarded by the file system's lock.</summary>
internal sealed class MemoryNode(NodeId id)
{
    private FuseAttr _attributes = new() { Inode = id.Value, Links = 0, Times = FuseTime.Now };

    public NodeId Id => id;

    /// <summary>What the kernel has been given and not yet forgotten.</summary>
    public ulong Lookups { get; set; }

    public MemoryContent? Content { get; init; }

    public MemoryDirectory? Directory { get; init; }

    public byte[]? Target { get; init; }

    public Dictionary<string, byte[]> ExtendedAttributes { get; } = new(StringComparer.Ordinal);

    public bool IsDirectory => Directory is not null;

    /// <summary>To change attributes other than the length.</summary>
    public ref FuseAttr Attributes => ref _attributes;

    /// <summary>As stat(2) shows them.</summary>
    public FuseAttr Stat()
    {
        FuseAttr attributes = _attributes;
        attributes.Size = Content?.Length ?? Target?.Length ?? 0;
        if (Content is not null)
            attributes.Blocks = Content.StoredBytes / 512;
        return attributes;
    }

    public void MarkModified()
    {
        _attributes.Modified = FuseTime.Now;
        _attributes.Changed = _attributes.Modified;
    }

    public void MarkChanged() => _attributes.Changed = FuseTime.Now;
}
