using System.Numerics;

namespace DataStoreFS.Cli.Demo;

/// <summary>
/// A make-believe embryo: an ellipsoid of cells that drift, with nuclei in channel 0 and membranes in channel 1, dimmer with depth, with
/// photon noise, and nothing around it. The same seed gives the same voxels.
/// </summary>
internal sealed class DemoEmbryo
{
    private const int CellCount = 64;
    private const int StripLength = 30; // voxels
    private const float CellDistance = 13.5f;
    private const float Turn = 0.07f; // radians from one timepoint to the next

    private static readonly Vector3 s_extent = new Vector3(DemoShape.Dimensions.X, DemoShape.Dimensions.Y, DemoShape.Dimensions.Z) * Scale;
    private static readonly Vector3 s_radii = s_extent * new Vector3(0.44f, 0.43f, 0.47f);

    private readonly Cell[] _cells;
    private readonly uint _seed;

    public DemoEmbryo(int seed)
    {
        _seed = (uint)seed;
        _cells = Place(new Random(seed));
    }

    private static Vector3 Scale => new(DemoShape.VoxelSize[0], DemoShape.VoxelSize[1], DemoShape.VoxelSize[2]);

    /// <summary>Full resolution; planes are computed in parallel.</summary>
    public DemoVolume Render(int channel, int timepoint)
    {
        var volume = new DemoVolume(DemoShape.Dimensions);
        Vector3[] centres = [.. _cells.Select(c => c.At(timepoint))];
        Parallel.For(0, (int)volume.Size.Z, z =>
        {
            // Nuclei that can be nearest or second nearest somewhere in a strip of the plane; testing all of them for every voxel takes ten times as
            // long.
            var near = new List<int>();
            for (int y = 0; y < volume.Size.Y; y++)
            {
                for (int x = 0; x < volume.Size.X; x++)
                {
                    if (x % StripLength == 0)
                    {
                        FindNear(centres, Position(x + (StripLength / 2), y, z), near);
                    }

                    volume.Row(y, z)[x] = Noisy(Brightness(Position(x, y, z), centres, near, channel), x, y, z, (timepoint * 2) + channel);
                }
            }
        });
        return volume;
    }

    private static Vector3 Position(int x, int y, int z) => (new Vector3(x + 0.5f, y + 0.5f, z + 0.5f) * Scale) - (s_extent / 2);

    private static void FindNear(Vector3[] centres, Vector3 middle, List<int> near)
    {
        // Second-nearest distance from the middle plus the strip's length bounds what matters at its ends.
        float first = float.MaxValue, second = float.MaxValue;
        foreach (Vector3 centre in centres)
        {
            float distance = Vector3.Distance(centre, middle);
            second = Math.Min(second, Math.Max(first, distance));
            first = Math.Min(first, distance);
        }

        float reach = second + (StripLength * DemoShape.VoxelSize[0]);
        near.Clear();
        for (int i = 0; i < centres.Length; i++)
        {
            if (Vector3.Distance(centres[i], middle) <= reach)
            {
                near.Add(i);
            }
        }
    }

    private float Brightness(Vector3 at, Vector3[] centres, List<int> near, int channel)
    {
        float shell = (at / s_radii).Length();
        float inside = SmoothStep(1.06f, 0.98f, shell);
        if (inside <= 0)
        {
            return 0;
        }

        float first = float.MaxValue, second = float.MaxValue;
        int nearest = 0;
        foreach (int i in near)
        {
            float distance = Vector3.Distance(centres[i], at);
            if (distance < first)
            {
                (second, first, nearest) = (first, distance, i);
            }
            else
            {
                second = Math.Min(second, distance);
            }
        }

        float depth = 1 - (0.45f * ((at.Z / s_extent.Z) + 0.5f));
        Cell cell = _cells[nearest];
        return inside * depth * (channel == 0 ? Nucleus(at - centres[nearest], first, cell) : Membrane(first, second, shell, cell));
    }

    private static float Nucleus(Vector3 from, float distance, Cell cell)
    {
        float body = SmoothStep(cell.Radius + 0.7f, cell.Radius - 0.7f, distance);
        Vector3 wave = (from * 1.7f) + cell.Phase;
        float chromatin = 0.72f + (0.28f * MathF.Sin(wave.X) * MathF.Sin(wave.Y + wave.Z) * MathF.Cos(wave.Z - (0.5f * wave.X)));
        float nucleolus = 1 - (0.55f * SmoothStep(1.9f, 1.1f, Vector3.Distance(from, cell.Phase * 0.35f)));
        return 110 + (2400 * body * chromatin * nucleolus * cell.Brightness);
    }

    private static float Membrane(float first, float second, float shell, Cell cell)
    {
        float between = (second - first) / 1.3f;
        float skin = (shell - 0.975f) * 34;
        float membrane = MathF.Max(SmoothStep(1.0f, 0.96f, shell) * MathF.Exp(-between * between), 0.8f * MathF.Exp(-skin * skin));
        return 150 + (90 * cell.Brightness) + (1500 * membrane);
    }

    // The noise of counting photons: a deviation that grows with the root of the signal.
    private ushort Noisy(float brightness, int x, int y, int z, int image)
    {
        if (brightness <= 0)
        {
            return 0;
        }

        uint hash = Mix(Mix((uint)(x + (y * 1009) + (z * 1_000_003)) ^ _seed) + ((uint)image * 0x9E3779B9));
        float sum = (hash & 255) + ((hash >> 8) & 255) + ((hash >> 16) & 255) + (hash >> 24);
        float normal = (sum - 510) / 147.8f; // four bytes: mean 510, deviation 147.8
        return (ushort)Math.Clamp(brightness + (1.6f * MathF.Sqrt(brightness) * normal), 0, 4095);
    }

    private static uint Mix(uint value)
    {
        value = (value ^ (value >> 16)) * 0x7FEB352D;
        value = (value ^ (value >> 15)) * 0x846CA68B;
        return value ^ (value >> 16);
    }

    private static float SmoothStep(float zero, float one, float value)
    {
        float t = Math.Clamp((value - zero) / (one - zero), 0, 1);
        return t * t * (3 - (2 * t));
    }

    private static Cell[] Place(Random random)
    {
        var cells = new List<Cell>();
        for (int attempt = 0; attempt < 20_000 && cells.Count < CellCount; attempt++)
        {
            Vector3 place = new Vector3(Signed(random), Signed(random), Signed(random)) * s_radii * 0.9f;
            if ((place / s_radii).Length() < 0.86f && cells.TrueForAll(c => Vector3.Distance(c.Centre, place) > CellDistance))
            {
                cells.Add(new Cell(
                    place,
                    new Vector3(Signed(random), Signed(random), Signed(random)) * 3,
                    5.1f + (1.6f * random.NextSingle()),
                    0.6f + (0.4f * random.NextSingle())));
            }
        }

        return [.. cells];
    }

    private static float Signed(Random random) => (2 * random.NextSingle()) - 1;

    /// <param name="Centre">At timepoint 0, micrometres from the middle.</param>
    /// <param name="Phase">What makes its texture and its path its own.</param>
    /// <param name="Radius">Of the nucleus.</param>
    /// <param name="Brightness">0.6 to 1.</param>
    private readonly record struct Cell(Vector3 Centre, Vector3 Phase, float Radius, float Brightness)
    {
        public Vector3 At(int timepoint)
        {
            Vector3 scaled = Centre / s_radii;
            Vector3 turned = Vector3.Transform(scaled, Matrix4x4.CreateRotationZ(Turn * timepoint));
            Vector3 wobble = new(MathF.Sin(Phase.X + timepoint), MathF.Sin(Phase.Y + (0.8f * timepoint)), 0.5f * MathF.Sin(Phase.Z + timepoint));
            return (turned * s_radii) + wobble;
        }
    }
}
