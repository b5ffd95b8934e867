namespace DataStoreFS.Overlay;

/// <summary>Where something is.</summary>
public enum OverlayKind
{
    Missing,

    /// <summary>In the lower tree only; the overlay has nothing to say.</summary>
    Lower,

    /// <summary>In the overlay only, or covering what is beneath.</summary>
    Upper,

    /// <summary>A folder in both.</summary>
    Merged,
}
