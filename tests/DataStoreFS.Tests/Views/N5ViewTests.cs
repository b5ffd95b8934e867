using System.Runtime.InteropServices;
using System.Text;
using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.Views;

namespace DataStoreFS.Tests.Views;

public sealed class N5ViewTests
{
    private static readonly LevelInfo[] s_levels =
    [
        new LevelInfo(0, new Size3(1, 1, 1), new Size3(150, 130, 40), new Size3(64, 64, 16)),
        new LevelInfo(1, new Size3(4, 4, 2), new Size3(37, 32, 20), new Size3(32, 32, 16)),
    ];

    [Fact]
    public void TheFilesSayWhatReadersNeed()
    {
        N5View view = new(Volume(1));

        Assert.Equal("""{"n5":"2.5.1"}""", Text(view.Root));
        Assert.Equal("""{"downsamplingFactors":[[1,1,1],[4,4,2]],"dataType":"uint16"}""", Text(view.Setup(0)));
        Assert.Equal("""{"multiScale":true,"resolution":[0.4,0.4,1.0]}""", Text(view.Timepoint));
        Assert.Equal("""{"dataType":"uint16","compression":{"type":"raw"},"blockSize":[32,32,16],"dimensions":[37,32,20],"downsamplingFactors":[4,4,2]}""", Text(view.Level(0, 1)));
        Assert.Equal(s_levels[1].Dimensions, N5LevelAttributes.Parse(view.Level(0, 1)).Dimensions);
    }

    [Fact]
    public void EqualFilesAreTheSameBytes()
    {
        N5View view = new(Volume(3));

        Assert.Same(Array(view.Setup(0)), Array(view.Setup(2)));
        Assert.Same(Array(view.Level(0, 1)), Array(view.Level(2, 1)));
    }

    private static string Text(ReadOnlyMemory<byte> file) => Encoding.UTF8.GetString(file.Span);

    private static byte[]? Array(ReadOnlyMemory<byte> file) => MemoryMarshal.TryGetArray(file, out ArraySegment<byte> segment) ? segment.Array : null;

    private static VolumeInfo Volume(int setups) => new()
    {
        Volume = 0,
        Uuid = "u",
        RequestedVersion = "0",
        ResolvedVersion = "0",
        VoxelType = VoxelType.UInt16,
        Dimensions = s_levels[0].Dimensions,
        VoxelSize = [0.4, 0.4, 1],
        Versions = [0],
        TimepointIds = [0],
        Setups =
        [
            .. Enumerable.Range(0, setups).Select(
                i => new SetupInfo { Index = i, Id = i, Name = "s", ChannelId = i, AngleId = 0, Version = "0", Levels = s_levels }),
        ],
    };
}
