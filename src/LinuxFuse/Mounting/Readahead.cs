using System.Globalization;
using Microsoft.Extensions.Logging;

namespace LinuxFuse.Mounting;

/// <summary>The readahead window of a mount. INIT can only make it smaller than the kernel's 128 KiB; root may raise it here afterwards.</summary>
internal static class Readahead
{
    public static void Apply(string mountPoint, int kilobytes, ILogger logger)
    {
        if (MountTable.At(mountPoint) is not { } mount)
            return;
        string knob = $"/sys/class/bdi/{mount.Device}/read_ahead_kb";
        try
        {
            File.WriteAllText(knob, kilobytes.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.LogInformation("readahead stays as it is: {Knob} cannot be written ({Reason})", knob, exception.Message);
        }
    }
}
