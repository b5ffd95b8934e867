namespace LinuxFuse.Session;

/// <summary>What <see cref="InFlightTable"/> notes at a request. Guarded by the table's lock.</summary>
internal struct InterruptState
{
    public bool Registered;
    public bool Interrupted;
    public CancellationTokenSource? Source;
}
