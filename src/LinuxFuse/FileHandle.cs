namespace LinuxFuse;

/// <summary>What the file system answered to OPEN, OPENDIR or CREATE, and the kernel sends back with every request on that open file.</summary>
public readonly record struct FileHandle(ulong Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
