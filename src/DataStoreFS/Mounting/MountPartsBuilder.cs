using DataStoreFS.Model;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Mounting;

/// <summary>Source to parts: the client, the volume, the block store.</summary>
internal static class MountPartsBuilder
{
    public static Task<MountParts> OpenAsync(MountSettings settings, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        _ = (loggerFactory, cancellationToken);
        throw new DataStoreException(DataStoreErrorKind.Usage, $"cannot open {settings.Source} yet");
    }
}
