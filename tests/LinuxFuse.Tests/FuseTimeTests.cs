namespace LinuxFuse.Tests;

public class FuseTimeTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00.0000000Z", 0L, 0u)]
    [InlineData("2026-11-22T10:00:00.1234567Z", 1795341600L, 123456700u)]
    [InlineData("1969-12-31T23:59:59.5000000Z", -1L, 500000000u)]
    public void DatesBecomeSecondsAndNanosecondsAndBack(string date, long seconds, uint nanoseconds)
    {
        DateTimeOffset time = DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(new FuseTime(seconds, nanoseconds), FuseTime.From(time));
        Assert.Equal(time, FuseTime.From(time).ToDateTimeOffset());
    }

    [Fact]
    public void TimesThatNoDateCanSayBecomeTheNearestDate()
    {
        Assert.Equal(DateTimeOffset.MaxValue, new FuseTime(long.MaxValue, 0).ToDateTimeOffset());
        Assert.Equal(DateTimeOffset.MinValue, new FuseTime(long.MinValue, 0).ToDateTimeOffset());
    }

    [Fact]
    public void TimesAreOrdered()
    {
        Assert.True(new FuseTime(1, 5) < new FuseTime(1, 6));
        Assert.True(new FuseTime(2, 0) > new FuseTime(1, 999_999_999));
        Assert.True(new FuseTime(2, 0) >= new FuseTime(2, 0));
    }
}
