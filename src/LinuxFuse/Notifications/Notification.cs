using LinuxFuse.Protocol;

namespace LinuxFuse.Notifications;

/// <summary>A message to the kernel that waits for its turn. One without a code only reports that its turn has come.</summary>
/// <param name="Code">What it says; null for a mark in the queue.</param>
/// <param name="Body">The struct.</param>
/// <param name="Data">What follows the struct.</param>
/// <param name="Lease">The right to <paramref name="Data"/>, given back after sending.</param>
/// <param name="Sent">Told the outcome.</param>
internal sealed record Notification(NotifyCode? Code, byte[] Body, ReadOnlyMemory<byte> Data, IReplyLease? Lease, Action<Errno>? Sent)
{
    /// <summary>The end of it, sent or not.</summary>
    public void Complete(Errno outcome)
    {
        Lease?.Release();
        Sent?.Invoke(outcome);
    }
}
