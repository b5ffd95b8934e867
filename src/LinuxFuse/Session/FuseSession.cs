namespace LinuxFuse.Session;

internal sealed unsafe class FuseSession
{
    public BufferPool Buffers { get; } = new(1 << 20, 1 << 26);

    public FuseStatistics Statistics { get; } = new();

    public FuseKernel Kernel { get; } = new(7, 0, 0, 0, 0, 0, 0, 0);

    public Errno Send(FuseRequest request, Errno error, byte* first, int firstLength, byte* second, int secondLength)
    {
        _ = (request, (nint)first, firstLength, (nint)second, secondLength);
        return error;
    }
}
