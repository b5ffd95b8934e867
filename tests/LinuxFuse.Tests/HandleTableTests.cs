namespace LinuxFuse.Tests;

public class HandleTableTests
{
    [Fact]
    public void ARemovedHandleStaysInvalidAlthoughItsSlotIsUsedAgain()
    {
        HandleTable<string> table = new();
        FileHandle first = table.Add("first");
        Assert.Equal("first", table.Remove(first));
        FileHandle second = table.Add("second");
        Assert.NotEqual(first, second);
        Assert.Null(table.Find(first));
        Assert.Null(table.Remove(first));
        Assert.Equal("second", table.Find(second));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void AllThatIsLeftIsRemovedAtOnceAndNeverValidAgain()
    {
        HandleTable<string> table = new();
        FileHandle[] handles = [.. Enumerable.Range(0, 20).Select(i => table.Add($"{i}"))];
        table.Remove(handles[3]);
        Assert.Equal(Enumerable.Range(0, 20).Where(i => i != 3).Select(i => $"{i}"), table.RemoveAll());
        Assert.Empty(table.RemoveAll());
        Assert.Equal(0, table.Count);
        FileHandle next = table.Add("next");
        Assert.DoesNotContain(next, handles);
        Assert.All(handles, handle => Assert.Null(table.Find(handle)));
        Assert.Equal("next", table.Find(next));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData(0x1_0000_0001ul)]
    [InlineData(ulong.MaxValue)]
    public void NumbersThatWereNeverGivenOutAreNobodys(ulong number)
    {
        HandleTable<string> table = new();
        Assert.Null(table.Find(new(number)));
        Assert.Null(table.Remove(new(number)));
    }

    [Fact]
    public void ManyThreadsAddFindAndRemoveWithoutMixUp()
    {
        HandleTable<object> table = new();
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 5000; i++)
            {
                object value = new();
                FileHandle handle = table.Add(value);
                Assert.Same(value, table.Find(handle));
                Assert.Same(value, table.Remove(handle));
                Assert.Null(table.Find(handle));
            }
        });
        Assert.Equal(0, table.Count);
    }
}
