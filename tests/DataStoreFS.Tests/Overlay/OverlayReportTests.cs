using DataStoreFS.Overlay;

namespace DataStoreFS.Tests.Overlay;

/// <summary>What the verbs of <c>datastorefs overlay</c> show and take back.</summary>
public sealed class OverlayReportTests : OverlayTest
{
    [Fact]
    public void TheReportNamesWhatWasAddedChangedAndRemoved()
    {
        Write("export.settings.xml", "s");
        Write("export.n5/setup0/extra", "e");
        Write("export.xml", "changed");
        Ok(Store.RemoveFile("export.n5/attributes.json"));
        Ok(Store.MakeFolder("d", 0x1ED, LowerTreeStub.Owner));
        Write("d/x", "1");
        Assert.Equal(
            [
                ("d", OverlayDifference.Added), ("d/x", OverlayDifference.Added), ("export.n5/attributes.json", OverlayDifference.Removed),
                ("export.n5/setup0/extra", OverlayDifference.Added),
                ("export.settings.xml", OverlayDifference.Added),
                ("export.xml", OverlayDifference.Changed),
            ],
            OverlayReport.Items(Store, Lower).Select(i => (i.Path, i.Difference)));
    }

    [Fact]
    public void DifferencesAreShownForTextAndNamedForEverythingElse()
    {
        Write("export.xml", "<SpimData>\n");
        Write("export.n5/attributes.json", "\u001b[2J");
        Write("new", "n");
        Ok(Store.RemoveFile("export.n5/setup0/attributes.json"));
        Assert.Equal(
            """
            Differs, and is no text or too large to show: export.n5/attributes.json
            Removed: export.n5/setup0/attributes.json
            --- dataset/export.xml
            +++ overlay/export.xml
            @@ -1,1 +1,1 @@
            -<SpimData/>
            \ No newline at end of file
            +<SpimData>
            Only in the overlay: new

            """,
            OverlayDiff.Write(Store, Lower, OverlayReport.Items(Store, Lower)));
    }

    [Fact]
    public void DiscardingEverythingShowsTheLowerTreeAgain()
    {
        Write("export.xml", "changed");
        Write("export.settings.xml", "new");
        Ok(Store.RemoveFile("export.n5/attributes.json"));
        Ok(Store.RemoveFile("export.n5/setup0/attributes.json"));
        Ok(Store.Discard(""));
        Assert.Empty(OverlayReport.Items(Store, Lower));
        Assert.Equal(["export.n5", "export.xml"], Names(""));
        Assert.Equal((PosixErrno.None, OverlayKind.Lower), Kind("export.n5/setup0/attributes.json"));
    }

    [Fact]
    public void WithoutItsDatasetAnOverlayIsListedAndDiscarded()
    {
        Write("export.xml", "changed");
        Ok(Store.RemoveFile("export.n5/attributes.json"));
        Assert.False(Store.IsShared);
        NoLowerTree none = new();
        using OverlayStore alone = OverlayStore.Open(Folder.Path, none);
        Assert.True(alone.IsShared);
        Assert.Equal(
            [("export.n5", "folder"), ("export.n5/attributes.json", "file"), ("export.xml", "file")],
            OverlayReport.Items(alone, none).Select(i => OverlayLine.Of(i, none)).Select(l => (l.Path, l.Kind)));
        Ok(alone.Discard("export.n5/attributes.json"));
        Ok(alone.Discard("export.xml"));
        Assert.Empty(OverlayReport.Items(Store, Lower));
    }
}
