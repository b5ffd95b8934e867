using System.Xml.Linq;

namespace DataStoreFS.Server.SpimData;

/// <summary>What the server keeps of an <c>export.xml</c>: the same things as the original's object model, in its order.</summary>
/// <remarks>Immutable once read; the functions that change a dataset build a new one.</remarks>
internal sealed record SpimDocument
{
    public required IReadOnlyList<SpimSetup> Setups { get; init; }

    /// <summary>The entities behind the setups' attributes, by attribute name (<c>channel</c>), ascending by id.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<SpimEntity>> Entities { get; init; }

    public required SpimTimepoints Timepoints { get; init; }

    /// <summary>Null when the document has none, which is written differently from an empty list.</summary>
    public IReadOnlyList<(int Timepoint, int Setup)>? MissingViews { get; init; }

    /// <summary>Ascending by timepoint, then setup.</summary>
    public required IReadOnlyList<SpimRegistration> Registrations { get; init; }

    /// <summary>The setup that the protocol addresses by a channel and angle id: the first in ascending id order, or -1.</summary>
    public int SetupOf(int channel, int angle)
    {
        foreach (SpimSetup setup in Setups)
        {
            if (setup.Attribute("channel") == channel && setup.Attribute("angle") == angle)
            {
                return setup.Id;
            }
        }

        return -1;
    }

    public int CountOf(string attribute) => Setups.Select(s => s.Attribute(attribute)).Distinct().Count();
}

/// <summary>One ViewSetup.</summary>
internal sealed record SpimSetup
{
    public required int Id { get; init; }
    public string? Name { get; init; }

    /// <summary>As in the file: three integers.</summary>
    public string? Size { get; init; }

    public string? VoxelUnit { get; init; }
    public IReadOnlyList<double>? VoxelSize { get; init; }
    public required IReadOnlyDictionary<string, int> Attributes { get; init; }

    public int Attribute(string name) => Attributes.GetValueOrDefault(name);
}

/// <summary>One channel, angle, tile, illumination or version.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Null when the file has no name element.</param>
/// <param name="Extra">Further children (a tile's location, an angle's axis), kept as they are.</param>
internal sealed record SpimEntity(int Id, string? Name, IReadOnlyList<XElement> Extra);

/// <summary>The time points: their ids, and the pattern they were given as, if any.</summary>
internal sealed record SpimTimepoints(IReadOnlyList<int> Ids, string? Pattern);

/// <summary>One view's transforms, first listed is applied last.</summary>
internal sealed record SpimRegistration(int Timepoint, int Setup, IReadOnlyList<SpimTransform> Transforms);

/// <summary>One affine, row-packed 3x4, as the text that is written.</summary>
internal sealed record SpimTransform(string? Name, string Affine);
