using DataStoreFS.Cli.Options;

namespace Integration.Cli;

public class OptionListTests
{
    [Fact]
    public void ItemsAreSplitAtCommasAndNamesUseDashes() => Assert.Equal(
        [("cache-size", "1GiB"), ("allow-other", null), ("fsname", "a=b")],
        OptionList.Split("cache_size=1GiB,allow_other,,fsname=a=b"));

    [Fact]
    public void ABackslashKeepsACommaInAValue() =>
        Assert.Equal([("log", @"/tmp/a,b\c"), ("quiet", null)], OptionList.Split(@"log=/tmp/a\,b\\c,quiet"));

    [Theory]
    [InlineData("/tmp/a,b")]
    [InlineData(@"\,\\,")]
    public void EscapedValuesComeBack(string value) => Assert.Equal([("x", value)], OptionList.Split("x=" + OptionList.Escape(value)));

    [Fact]
    public void WhatFstabLinesContainIsKnown()
    {
        foreach ((string name, string? _) in OptionList.Split(
            "rw,_netdev,noauto,user,users,nofail,defaults,nosuid,nodev,noexec,auto,x-systemd.automount,x-systemd.idle-timeout=10min,noatime"))
        {
            Assert.True(OptionList.IsForMountPrograms(name), name);
        }

        Assert.False(OptionList.IsForMountPrograms("missing"));
        Assert.False(OptionList.IsForMountPrograms("misssing"));
    }
}
