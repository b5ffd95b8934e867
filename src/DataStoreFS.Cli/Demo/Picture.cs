namespace DataStoreFS.Cli.Demo;

/// <summary>An image of 8-bit red, green, blue triples.</summary>
internal sealed class Picture(int width, int height)
{
    public int Width { get; } = width;
    public int Height { get; } = height;
    public byte[] Rgb { get; } = new byte[width * height * 3];

    public Span<byte> Row(int y) => Rgb.AsSpan(y * Width * 3, Width * 3);

    public void Paste(Picture other, int left, int top)
    {
        for (int y = 0; y < other.Height; y++)
        {
            other.Row(y).CopyTo(Row(top + y)[(left * 3)..]);
        }
    }

    /// <summary>Bilinear when it grows; the mean of what falls into a pixel when it shrinks.</summary>
    public Picture Resize(int width, int height)
    {
        var result = new Picture(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int c = 0; c < 3; c++)
                {
                    result.Row(y)[(x * 3) + c] = Sample(x, y, c, (float)Width / width, (float)Height / height);
                }
            }
        }

        return result;
    }

    private byte Sample(int x, int y, int c, float stepX, float stepY)
    {
        float sum = 0, weights = 0;
        float reachX = Math.Max(stepX, 1), reachY = Math.Max(stepY, 1);
        float centreX = ((x + 0.5f) * stepX) - 0.5f, centreY = ((y + 0.5f) * stepY) - 0.5f;
        for (int sy = (int)MathF.Ceiling(centreY - reachY); sy <= centreY + reachY; sy++)
        {
            for (int sx = (int)MathF.Ceiling(centreX - reachX); sx <= centreX + reachX; sx++)
            {
                // A tent as wide as a source or a target pixel, whichever is larger.
                float weight = Math.Max(0, 1 - (Math.Abs(sx - centreX) / reachX)) * Math.Max(0, 1 - (Math.Abs(sy - centreY) / reachY));
                sum += weight * Row(Math.Clamp(sy, 0, Height - 1))[(Math.Clamp(sx, 0, Width - 1) * 3) + c];
                weights += weight;
            }
        }

        return (byte)Math.Clamp(MathF.Round(sum / weights), 0, 255);
    }
}
