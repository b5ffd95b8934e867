using DataStoreFS.Model;
using DataStoreFS.N5;

namespace DataStoreFS.Views;

/// <summary>
/// The <c>attributes.json</c> files of a volume shown as an N5 tree. Their bytes are made once; files with the same content share them, so that
/// hundreds of timepoints cost nothing.
/// </summary>
public sealed class N5View
{
    private readonly byte[][] _setups;
    private readonly byte[][][] _levels;

    public N5View(VolumeInfo volume)
    {
        Root = N5Attributes.Root();
        Timepoint = N5Attributes.Timepoint(volume.VoxelSize);
        _setups = new byte[volume.Setups.Count][];
        _levels = new byte[volume.Setups.Count][][];
        Dictionary<string, byte[]> known = new(StringComparer.Ordinal);
        for (int i = 0; i < _setups.Length; i++)
        {
            IReadOnlyList<LevelInfo> levels = volume.Setups[i].Levels;
            _setups[i] = Shared(known, N5Attributes.Setup(levels, volume.VoxelType));
            _levels[i] = [.. levels.Select(level => Shared(known, N5Attributes.Level(level, volume.VoxelType, N5Compression.Raw)))];
        }
    }

    /// <summary>Of <c>export.n5</c>.</summary>
    public ReadOnlyMemory<byte> Root { get; }

    /// <summary>Of <c>setupS/timepointT</c>: the same for all.</summary>
    public ReadOnlyMemory<byte> Timepoint { get; }

    /// <summary>Of <c>setupS</c>.</summary>
    /// <param name="setup">Index into the volume's setups.</param>
    public ReadOnlyMemory<byte> Setup(int setup) => _setups[setup];

    /// <summary>Of <c>setupS/timepointT/sL</c>, at any timepoint. The blocks are shown raw, whatever the server keeps.</summary>
    /// <param name="setup">Index into the volume's setups.</param>
    /// <param name="level">Index into the setup's levels.</param>
    public ReadOnlyMemory<byte> Level(int setup, int level) => _levels[setup][level];

    private static byte[] Shared(Dictionary<string, byte[]> known, byte[] content)
    {
        string text = System.Text.Encoding.UTF8.GetString(content);
        return known.TryGetValue(text, out byte[]? same) ? same : known[text] = content;
    }
}
