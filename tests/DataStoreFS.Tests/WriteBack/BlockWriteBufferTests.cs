using DataStoreFS.Model;
using DataStoreFS.N5;
using DataStoreFS.WriteBack;

namespace DataStoreFS.Tests.WriteBack;

public sealed class BlockWriteBufferTests : BlockWriteBufferTest
{
    [Fact]
    public void ANewFileIsEmptyAndHoldsNoMemory()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        Assert.True(buffer.HasContent);
        Assert.Equal(0, buffer.Length);
        Assert.Equal(0, Pool.Rented);
        Assert.Null(buffer.TakeUnsent());
        Assert.False(buffer.IsDirty);
    }

    [Fact]
    public void AnAdoptedFileIsWhatWasWrittenAndIsNotCopied()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, new byte[100]);
        BlockBuffer file = Pool.Rent(Usual);
        file.GetSpan().Fill(7);
        Assert.True(buffer.CanAdopt(Usual));
        buffer.Adopt(file);
        using (UnsentContent unsent = buffer.TakeUnsent()!)
        {
            Assert.Same(file, unsent.Buffer);
            Assert.Equal(Usual, unsent.Length);

            // What a flush looks at never changes.
            buffer.Write(0, [1, 2, 3]);
            Assert.Equal(-1, unsent.File.IndexOfAnyExcept((byte)7));
        }

        byte[] read = new byte[5];
        Assert.True(buffer.TryRead(0, read, out _));
        Assert.Equal([1, 2, 3, 7, 7], read);
        Assert.Equal(1, Pool.Rented);
    }

    [Fact]
    public void AShorterFileThanThereIsIsNotAdoptedButWrittenOverIt()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, Enumerable.Repeat((byte)1, 200).ToArray());
        Assert.False(buffer.CanAdopt(100));
        BlockBuffer file = Pool.Rent(100);
        file.GetSpan().Fill(2);
        buffer.Adopt(file);
        byte[] read = new byte[200];
        Assert.True(buffer.TryRead(0, read, out int count));
        Assert.Equal((200, 2, 1), (count, read[99], read[100]));
        Assert.Equal(1, Pool.Rented);
    }

    [Fact]
    public void ABlockWhoseContentIsNotThereYetAdoptsNothing()
    {
        using BlockWriteBuffer buffer = New(existed: true);
        Assert.False(buffer.CanAdopt(Usual));
        buffer.Truncate(0);
        Assert.True(buffer.CanAdopt(Usual));
        Assert.False(buffer.CanAdopt(Maximum + 1));
    }

    [Fact]
    public void AnExistingFileThatIsOnlyOpenedIsReadFromTheStoreAndSendsNothing()
    {
        using BlockWriteBuffer buffer = New(existed: true);
        Assert.False(buffer.HasContent);
        Assert.Null(buffer.Length);
        Assert.False(buffer.TryRead(0, new byte[4], out _));
        Assert.Null(buffer.TakeUnsent());
    }

    [Fact]
    public void TinySequentialWritesBecomeOneFile()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        byte[] file = Pattern(3000, 1);
        for (int at = 0; at < file.Length; at += 7)
        {
            buffer.Write(at, file.AsSpan(at, Math.Min(7, file.Length - at)));
        }

        using UnsentContent unsent = buffer.TakeUnsent()!;
        Assert.Equal(file, unsent.File.ToArray());
        Assert.Equal(1, Pool.Rented);
    }

    [Fact]
    public void GapsAreZerosEvenInUsedMemory()
    {
        using (BlockWriteBuffer first = New(existed: false))
        {
            first.Write(0, Pattern(Usual, 0xFF));
        }

        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(100, [1, 2]);
        buffer.Truncate(200);
        byte[] expected = new byte[200];
        expected[100] = 1;
        expected[101] = 2;
        Assert.Equal(expected, Content(buffer));
    }

    [Fact]
    public void ShrinkingAndGrowingAgainShowsZeros()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [9, 9, 9, 9]);
        buffer.Truncate(1);
        buffer.Truncate(4);
        Assert.Equal([9, 0, 0, 0], Content(buffer));
    }

    [Fact]
    public void WritingIntoAnExistingFileChangesOnlyThoseBytes()
    {
        using BlockWriteBuffer buffer = New(existed: true);
        Assert.True(buffer.NeedsBase);
        buffer.Load([1, 2, 3, 4]);
        Assert.False(buffer.IsDirty);
        buffer.Write(1, [9]);
        Assert.Equal([1, 9, 3, 4], Content(buffer));
        Assert.True(buffer.IsDirty);
    }

    [Fact]
    public void WritingWithoutTheBaseIsABugThatShows()
    {
        using BlockWriteBuffer buffer = New(existed: true);
        Assert.Throws<InvalidOperationException>(() => buffer.Write(1, [9]));
        Assert.Throws<InvalidOperationException>(() => buffer.Truncate(3));
    }

    [Fact]
    public void TruncationToNothingNeedsNoBaseAndIgnoresALateOne()
    {
        using BlockWriteBuffer buffer = New(existed: true);
        buffer.Truncate(0);
        Assert.False(buffer.NeedsBase);
        buffer.Load([1, 2, 3]);
        Assert.Equal(0, buffer.Length);
    }

    [Fact]
    public void AnExistingBlockTruncatedToNothingIsRefusedAtFlushAndNotBefore()
    {
        using BlockWriteBuffer buffer = New(existed: true);
        buffer.Truncate(0);
        DataStoreException refused = Assert.Throws<DataStoreException>(() => buffer.TakeUnsent());
        Assert.Equal(DataStoreErrorKind.NotPermitted, refused.Kind);
        Assert.Contains("s0/0/0/0", refused.Message, StringComparison.Ordinal);
        buffer.Write(0, [1]);
        using UnsentContent unsent = buffer.TakeUnsent()!;
        Assert.Equal(1, unsent.Length);
    }

    [Fact]
    public void AFlushThatFindsNothingNewSendsNothing()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [1]);
        using (UnsentContent unsent = buffer.TakeUnsent()!)
        {
            buffer.Saved(unsent.Generation);
        }

        Assert.Null(buffer.TakeUnsent());
        buffer.Write(0, [2]);
        buffer.TakeUnsent()!.Dispose();
        Assert.True(buffer.IsDirty);
    }

    [Fact]
    public void OnlyChangesThatNoFlushHasSeenCountAtRelease()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        Assert.False(buffer.ChangedSinceFlush);
        buffer.Write(0, [1]);
        Assert.True(buffer.ChangedSinceFlush);
        buffer.TakeUnsent()!.Dispose(); // and the server refuses it
        Assert.False(buffer.ChangedSinceFlush);
        Assert.True(buffer.IsDirty);
        buffer.Write(0, [2]);
        Assert.True(buffer.ChangedSinceFlush);
    }

    [Fact]
    public void SavedContentThatIsGivenUpIsTheStoresAgain()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [1, 2, 3]);
        Save(buffer);
        Assert.True(buffer.TryDropSaved());
        Assert.Null(buffer.Length);
        Assert.Null(buffer.TakeUnsent());
        Assert.True(buffer.NeedsBase);
        Assert.False(buffer.TryWrite(1, [9]));
        buffer.Load([7, 8]);
        Assert.True(buffer.TryWrite(1, [9]));
        Assert.Equal([7, 9], Content(buffer));
        Assert.True(buffer.IsDirty);
    }

    [Fact]
    public void ContentThatIsNewerThanWhatWasSavedIsNotGivenUp()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        Assert.False(buffer.TryDropSaved());
        buffer.Write(0, [1]);
        Assert.False(buffer.TryDropSaved());
        Save(buffer);
        buffer.Write(0, [2]);
        Assert.False(buffer.TryDropSaved());
        Assert.Equal([2], Content(buffer));
    }

    [Fact]
    public void ABaseThatComesAfterAChangeOfGivenUpContentIsIgnored()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [1, 2, 3]);
        Save(buffer);
        buffer.TryDropSaved();
        buffer.Truncate(0);
        buffer.Load([7, 8]);
        Assert.Equal(0, buffer.Length);
    }

    [Fact]
    public void ABlockThatWasSavedOnceExists()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [1]);
        using (UnsentContent unsent = buffer.TakeUnsent()!)
        {
            buffer.Saved(unsent.Generation);
        }

        buffer.Truncate(0);
        Assert.Throws<DataStoreException>(() => buffer.TakeUnsent());
    }

    [Fact]
    public void WhatAFlushLooksAtDoesNotChangeUnderIt()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [1, 2, 3]);
        using UnsentContent unsent = buffer.TakeUnsent()!;
        buffer.Write(1, [9]);
        buffer.Truncate(2);
        Assert.Equal([1, 2, 3], unsent.File.ToArray());
        Assert.Equal([1, 9], Content(buffer));
    }

    [Fact]
    public void TheBorrowedBytesOutliveTheBuffer()
    {
        BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [1, 2, 3]);
        using UnsentContent unsent = buffer.TakeUnsent()!;
        buffer.Dispose();
        Assert.Equal([1, 2, 3], unsent.File.ToArray());
        Assert.False(buffer.TryRead(0, new byte[1], out _));
    }

    [Fact]
    public void AnUnlinkedFileIsReadableAndNeverSent()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [1]);
        buffer.Unlink();
        Assert.Null(buffer.TakeUnsent());
        Assert.Equal([1], Content(buffer));
    }

    [Theory]
    [InlineData(Maximum, 1)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(Maximum - 1, 2)]
    public void GrowingPastWhatABlockCanBeIsRefusedAndChangesNothing(long offset, int count)
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(0, [1]);
        DataStoreException refused = Assert.Throws<DataStoreException>(() => buffer.Write(offset, new byte[count]));
        Assert.Equal(DataStoreErrorKind.TooLarge, refused.Kind);
        Assert.Throws<DataStoreException>(() => buffer.Truncate(Maximum + 1L));
        Assert.Equal([1], Content(buffer));
    }

    [Fact]
    public void TheLastByteOfTheLimitCanBeWritten()
    {
        using BlockWriteBuffer buffer = New(existed: false);
        buffer.Write(Maximum - 1, [7]);
        Assert.Equal(Maximum, buffer.Length);
    }

    private static void Save(BlockWriteBuffer buffer)
    {
        using UnsentContent unsent = buffer.TakeUnsent()!;
        buffer.Saved(unsent.Generation);
    }
}
