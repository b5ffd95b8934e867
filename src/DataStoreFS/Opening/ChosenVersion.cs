using DataStoreFS.Views;

namespace DataStoreFS.Opening;

/// <param name="Resolved">A number that has an XML, <c>mixedLatest</c>, or <c>all</c>.</param>
/// <param name="Xml">Of that version.</param>
/// <param name="Versions">All numbers there are now, ascending.</param>
/// <param name="IsDraft">Whether the XML had to be made up.</param>
internal sealed record ChosenVersion(string Resolved, BdvXml Xml, IReadOnlyList<int> Versions, bool IsDraft)
{
    /// <summary>The highest version that is known to have an XML; null when none is known.</summary>
    public int? Newest { get; init; }
}
