using DataStoreFS.Model;
using DataStoreFS.Mounting;
using LinuxFuse;

namespace DataStoreFS.Tests.Mounting;

public sealed class ErrnoMapTests
{
    [Fact]
    public void EveryKindOfFaultHasAnErrnoThatIsAnError()
    {
        foreach (DataStoreErrorKind kind in Enum.GetValues<DataStoreErrorKind>())
        {
            Assert.NotEqual(Errno.OK, ErrnoMap.Of(kind));
        }
    }

    [Fact]
    public void NoFaultLooksLikeABlockThatWasNeverWritten() =>
        Assert.DoesNotContain(Errno.ENOENT, Enum.GetValues<DataStoreErrorKind>().Select(ErrnoMap.Of));

    [Fact]
    public void NoFaultMakesTheKernelStopAskingForAnOperation() =>
        Assert.DoesNotContain(Errno.ENOSYS, Enum.GetValues<DataStoreErrorKind>().Select(ErrnoMap.Of));

    [Theory]
    [InlineData(DataStoreErrorKind.Unreachable, Errno.EIO)]
    [InlineData(DataStoreErrorKind.Unauthorized, Errno.EACCES)]
    [InlineData(DataStoreErrorKind.InvalidData, Errno.EINVAL)]
    [InlineData(DataStoreErrorKind.ReadOnly, Errno.EROFS)]
    [InlineData(DataStoreErrorKind.NotPermitted, Errno.EPERM)]
    [InlineData(DataStoreErrorKind.NoSpace, Errno.ENOSPC)]
    public void TheTableThatUsersAreTold(DataStoreErrorKind kind, Errno errno) => Assert.Equal(errno, ErrnoMap.Of(new DataStoreException(kind, "x")));

    /// <summary>That of a signalled caller's request never gets here; EINTR to any other is an error that the program did not ask for.</summary>
    [Fact]
    public void ACancellationWithoutASignalIsAFault() => Assert.Equal(Errno.EIO, ErrnoMap.Of(new TaskCanceledException()));
}
