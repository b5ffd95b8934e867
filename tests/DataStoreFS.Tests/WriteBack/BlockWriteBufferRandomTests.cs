using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

/// <summary>The buffer beside an array that is changed in the same way.</summary>
public sealed class BlockWriteBufferRandomTests : BlockWriteBufferTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomOperationsMatchAnArray(int seed)
    {
        Random random = new(seed);
        using BlockWriteBuffer buffer = New(existed: true);
        byte[] start = Pattern(random.Next(Usual), seed);
        buffer.Load(start);
        List<byte> model = [.. start];
        List<(UnsentContent Unsent, byte[] Expected)> lent = [];
        for (int step = 0; step < 4000; step++)
        {
            int offset = random.Next(random.Next(10) == 0 ? Maximum : Usual);
            switch (random.Next(12))
            {
                case < 6:
                    byte[] data = Pattern(random.Next(1, Math.Min(300, Maximum - offset + 1)), step);
                    buffer.Write(offset, data);
                    Grow(model, offset + data.Length);
                    for (int i = 0; i < data.Length; i++)
                    {
                        model[offset + i] = data[i];
                    }

                    break;
                case 6:
                    buffer.Truncate(offset);
                    Grow(model, offset);
                    model.RemoveRange(offset, model.Count - offset);
                    break;
                case 7 or 8 when model.Count > 0:
                    if (buffer.TakeUnsent() is { } unsent)
                    {
                        lent.Add((unsent, [.. model]));
                    }

                    break;
                case 9 when lent.Count > 0:
                    (UnsentContent oldest, byte[] expected) = lent[0];
                    lent.RemoveAt(0);
                    Assert.Equal(expected, oldest.File.ToArray());
                    oldest.Dispose();
                    break;
                default:
                    byte[] read = new byte[random.Next(500)];
                    Assert.True(buffer.TryRead(offset, read, out int count));
                    Assert.Equal(model.Skip(offset).Take(read.Length), read.Take(count));
                    break;
            }

            Assert.Equal(model.Count, buffer.Length);
        }

        Assert.Equal(model, Content(buffer));
        lent.ForEach(l => l.Unsent.Dispose());
    }

    private static void Grow(List<byte> model, int length)
    {
        while (model.Count < length)
        {
            model.Add(0);
        }
    }
}
