namespace LinuxFuse;

/// <summary>What came out of INIT.</summary>
/// <param name="Major">Protocol major version, 7.</param>
/// <param name="Minor">The kernel's minor version. Distributions port features back, so branch on <paramref name="Agreed"/>.</param>
/// <param name="Offered">What the kernel can.</param>
/// <param name="Agreed">What both sides will do.</param>
/// <param name="MaxWrite">Largest WRITE, in bytes.</param>
/// <param name="MaxPages">Largest READ or WRITE, in pages of the kernel (<see cref="Environment.SystemPageSize"/>).</param>
/// <param name="MaxReadahead">Bytes the kernel reads ahead at most, as negotiated.</param>
/// <param name="MaxBackground">Asynchronous requests that the kernel keeps in flight.</param>
public sealed record FuseKernel(
    int Major, int Minor, FuseCapabilities Offered, FuseCapabilities Agreed, int MaxWrite, int MaxPages, int MaxReadahead, int MaxBackground)
{
    public bool Has(FuseCapabilities capability) => (Agreed & capability) == capability;
}
