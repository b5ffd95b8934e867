using LinuxFuse.Mounting;

namespace LinuxFuse.Tests.Mounting;

public class HelperOptionsTests
{
    [Fact]
    public void CommasAndBackslashesAreEscaped() => Assert.StartsWith(
        "fsname=a\\,allow_other\\\\b,subtype=x\\,y,",
        HelperOptions.Format(new FuseOptions { Source = "a,allow_other\\b", Subtype = "x,y" }),
        StringComparison.Ordinal);

    [Fact]
    public void OnlyWhatIsAskedForIsPassedOn() => Assert.Equal(
        "fsname=s,ro,allow_other,nosuid,nodev,noexec",
        HelperOptions.Format(
            new FuseOptions
            {
                Source = "s",
                ReadOnly = true,
                AllowOther = true,
                NoExecute = true,
                DefaultPermissions = false,
                NoAccessTime = false,
            }));
}
