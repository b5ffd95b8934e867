using DataStoreFS.Model;
using DataStoreFS.Mounting;
using DataStoreFS.Tests.Support;

namespace DataStoreFS.Tests.Mounting;

public sealed class FaultLogTests
{
    private readonly RecordingLogger _logger = new();
    private readonly FaultLog _log;

    public FaultLogTests() => _log = new FaultLog(_logger, TimeProvider.System);

    [Fact]
    public void AnOutageIsOneLineHoweverManyReadsFailAndItsEndIsOneMore()
    {
        DataStoreException fault = new(DataStoreErrorKind.Unreachable, "http://h:1 does not answer");
        for (ulong i = 0; i < 5000; i++)
        {
            _log.Failed(i, $"export.n5/{i}", fault);
        }

        Assert.Single(_logger.Lines);
        Assert.Contains("export.n5/0", _logger.Lines.First().Text, StringComparison.Ordinal);
        Assert.Equal(5000, _log.Current!.FailedReads);
        _log.Answered();
        _log.Answered();
        Assert.Equal(2, _logger.Lines.Count);
        Assert.Null(_log.Current);
        Assert.Equal(5000, _log.Failures);
    }

    [Fact]
    public void OneBlockThatFailsAmongOthersThatDoNotIsNamedOnce()
    {
        DataStoreException fault = new(DataStoreErrorKind.Timeout, "no answer in 60 s");
        for (int i = 0; i < 1000; i++)
        {
            _log.Failed(7, "export.n5/setup0/timepoint0/s0/1/1/1", fault);
            _log.Answered();
        }

        Assert.Equal(2, _logger.Lines.Count);
        Assert.Equal(1000, _log.Failures);
    }

    [Fact]
    public void EachOtherFailingFileIsNamedOnceWithItsReason()
    {
        DataStoreException fault = new(DataStoreErrorKind.Protocol, "the block says 2147483647 voxels");
        for (int i = 0; i < 1000; i++)
        {
            _log.Failed(7, "export.n5/setup0/timepoint0/s0/1/1/1", fault);
            _log.Failed(8, "export.n5/setup0/timepoint0/s0/1/1/2", fault);
        }

        Assert.Equal(2, _logger.Lines.Count);
        Assert.All(_logger.Lines, l => Assert.Contains("2147483647", l.Text, StringComparison.Ordinal));
        Assert.Null(_log.Current);
    }
}
