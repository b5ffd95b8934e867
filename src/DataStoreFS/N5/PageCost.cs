namespace DataStoreFS.N5;

/// <summary>What a huge page of fresh memory costs, as the thread that touches pages finds it.</summary>
/// <remarks>
/// Two kinds were measured, and nothing between them: 0.09 ms where memory is at hand, 4.5 to 5 ms (two megabytes at 0.4 GB/s, less than a server
/// delivers) on a virtual machine whose host takes idle memory back, whichever of its pages comes next. Processor time tells them apart also on a
/// busy machine, where a page at hand takes as long as the thread has to wait for a processor. Written by one thread, read by any.
/// </remarks>
internal sealed class PageCost(Func<TimeSpan> threadTime, TimeProvider time)
{
    private static readonly TimeSpan s_dear = TimeSpan.FromMilliseconds(1);

    // A page now and then is dear on any machine: the kernel compacts memory for it. Two of eight are a mean of 1 ms and more. Where some of the
    // memory is at hand, four of eight were reached late or never: one reader beside the server 905 and 992 MB/s with four and with two, eight 865
    // and 932; over 2 ms 542 and 561, 533 and 567 (medians of 8 runs each, in turn, which differ by a factor of three). With all memory at hand
    // neither was reached in 6 runs each.
    private const int ManyOf = 8;
    private const int Many = 2;

    // Memory that others gave back may be at hand by then, and to try costs no more than the pages themselves.
    private static readonly TimeSpan s_forget = TimeSpan.FromSeconds(10);

    private uint _dearOnes;
    private long _dearUntil;

    public bool IsDear => Volatile.Read(ref _dearUntil) > Now;

    private long Now => time.GetTimestamp();

    /// <summary>Before a page is touched, on the thread that does it.</summary>
    public TimeSpan Begin() => threadTime();

    /// <param name="begun">What <see cref="Begin"/> gave.</param>
    public void End(TimeSpan begun)
    {
        _dearOnes = ((_dearOnes << 1) | (threadTime() - begun > s_dear ? 1u : 0u)) & ((1u << ManyOf) - 1);
        if (uint.PopCount(_dearOnes) >= Many)
        {
            _dearOnes = 0;
            Volatile.Write(ref _dearUntil, Now + (long)(s_forget.TotalSeconds * time.TimestampFrequency));
        }
    }
}
