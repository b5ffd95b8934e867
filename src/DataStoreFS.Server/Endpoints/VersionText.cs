using System.Globalization;
using DataStoreFS.Server.Http;
using DataStoreFS.Server.SpimData;
using DataStoreFS.Server.Storage;

namespace DataStoreFS.Server.Endpoints;

/// <summary>The version of a URL: a number, or mixedLatest. What else is legal where is the endpoints' business.</summary>
internal static class VersionText
{
    /// <returns>Null for mixedLatest.</returns>
    /// <exception cref="Refusal">400: neither that nor a number.</exception>
    public static int? Parse(ReadOnlySpan<char> text) => text.SequenceEqual(SpimVersions.MixedLatest)
        ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int version)
            ? version
            : throw Refusal.NotANumber(text.ToString());

    /// <summary>A version that the XML endpoints may show.</summary>
    /// <exception cref="Refusal">404: there is none with that number.</exception>
    public static int Existing(DatasetFolder folder, int? version)
    {
        int number = version ?? folder.Highest;
        return folder.HasVersion(number)
            ? number
            : throw Refusal.UnknownVersion(folder.Uuid, number.ToString(CultureInfo.InvariantCulture));
    }
}
