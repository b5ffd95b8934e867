using DataStoreFS.Model;
using DataStoreFS.Views;

namespace DataStoreFS.Opening;

/// <summary>A setup, its full-resolution size, and what reaches its blocks.</summary>
/// <param name="Setup">As the XML has it.</param>
/// <param name="Size">The XML's size, or the dataset's.</param>
/// <param name="Version">For block URLs.</param>
/// <param name="Addressable">Whether channel and angle lead to this setup and no other.</param>
internal sealed record SetupAddress(BdvSetup Setup, Size3 Size, string Version, bool Addressable);
