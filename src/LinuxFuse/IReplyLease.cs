namespace LinuxFuse;

/// <summary>
/// The right to read memory that was lent to a reply. A reference-counted buffer can implement it itself, so that lending allocates nothing.
/// </summary>
public interface IReplyLease
{
    /// <summary>Called exactly once, when the kernel has the data or will never want it.</summary>
    void Release();
}
