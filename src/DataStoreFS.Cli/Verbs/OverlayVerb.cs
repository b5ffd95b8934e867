using System.CommandLine;
using System.Globalization;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Cli.Options;
using DataStoreFS.Cli.Overlays;
using DataStoreFS.Model;
using DataStoreFS.Overlay;
using Spectre.Console;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs overlay list|diff|discard MOUNTPOINT [PATH…]</c>: what programs have put beside the data.</summary>
internal static class OverlayVerb
{
    public static Command Create()
    {
        var verb = new Verb("overlay", "Show or drop what programs have written beside the data.")
        {
            Examples =
            [
                ("datastorefs overlay list ~/data", "What has been written, changed and removed"),
                ("datastorefs overlay diff ~/data export.xml", "What BigStitcher has changed in export.xml"),
                ("datastorefs overlay discard ~/data export.xml", "Back to the dataset's own export.xml"),
            ],
        };
        verb.Add(List());
        verb.Add(Diff());
        verb.Add(Discard());
        return verb;
    }

    private static Verb List()
    {
        OverlayArguments arguments = new();
        var json = new Option<bool>("--json") { Description = "Machine-readable." };
        var verb = new Verb("list", "What has been written, changed and removed.") { Examples = [("datastorefs overlay list ~/data", "Everything")] };
        arguments.AddTo(verb);
        verb.Add(json);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using IOverlay overlay = arguments.Open(parsed, out IReadOnlyList<string> paths);
            OverlayLines lines = await overlay.ListAsync(paths, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(lines.ToJson());
            }
            else
            {
                Show(lines, overlay);
            }
        });
        return verb;
    }

    private static Verb Diff()
    {
        OverlayArguments arguments = new();
        var verb = new Verb("diff", "How changed files differ from the dataset's own, as 'diff -u' shows it.")
        {
            Examples = [("datastorefs overlay diff ~/data export.xml", "One file"), ("datastorefs overlay diff ~/data | less", "Everything")],
        };
        arguments.AddTo(verb);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using IOverlay overlay = arguments.Open(parsed, out IReadOnlyList<string> paths);
            string text = await overlay.DiffAsync(paths, cancellationToken).ConfigureAwait(false);
            Console.Write(text.Length == 0 || text.EndsWith('\n') ? text : text + "\n");
        });
        return verb;
    }

    private static Verb Discard()
    {
        OverlayArguments arguments = new();
        var all = new Option<bool>("--all") { Description = "Everything that the overlay has." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var verb = new Verb("discard", "Drop changes for good: the dataset's own files show again.")
        {
            Examples =
            [
                ("datastorefs overlay discard ~/data export.xml export.settings.xml", "These two"),
                ("datastorefs overlay discard ~/data --all --yes", "Everything, without a question"),
            ],
        };
        arguments.AddTo(verb);
        verb.Add(all);
        verb.Add(yes);
        verb.SetAction((parsed, cancellationToken) => DiscardAsync(parsed, arguments, parsed.GetValue(all), parsed.GetValue(yes), cancellationToken));
        return verb;
    }

    private static async Task<int> DiscardAsync(
        ParseResult parsed, OverlayArguments arguments, bool all, bool yes, CancellationToken cancellationToken)
    {
        using IOverlay overlay = arguments.Open(parsed, out IReadOnlyList<string> paths);
        if (all == paths.Count > 0)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, all ? "give either paths or --all" : "name what to discard, or give --all");
        }

        OverlayLines lines = await overlay.ListAsync(paths, cancellationToken).ConfigureAwait(false);
        if (lines.Changes.Count == 0)
        {
            Console.WriteLine("the overlay is empty");
            return 0;
        }

        if (!yes && !Confirmed(lines, overlay))
        {
            Console.WriteLine("nothing was discarded");
            return 1;
        }

        int count = await overlay.DiscardAsync(all ? [""] : paths, cancellationToken).ConfigureAwait(false);
        Console.WriteLine(count == 1 ? "1 change was discarded" : string.Create(CultureInfo.InvariantCulture, $"{count} changes were discarded"));
        return 0;
    }

    private static bool Confirmed(OverlayLines lines, IOverlay overlay)
    {
        if (Console.IsInputRedirected)
        {
            throw new DataStoreException(DataStoreErrorKind.Usage, "discarding cannot be undone, and there is no terminal to ask on; add --yes");
        }

        Show(lines, overlay);
        Console.Write($"Discard {(lines.Changes.Count == 1 ? "this change" : $"these {lines.Changes.Count} changes")} for good? [y/N] ");
        return Console.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    private static void Show(OverlayLines lines, IOverlay overlay)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn(
            new GridColumn().NoWrap().RightAligned()).AddColumn(new GridColumn().NoWrap());
        foreach (OverlayLine line in lines.Changes)
        {
            string size = line.Kind == "file" && line.Difference != OverlayDifference.Removed ? Quantities.FormatSize(line.Size) : "";
            grid.AddRow(new Text(Word(line.Difference, overlay)), new Text(line.Kind), new Text(size), new Text(LineText.OneLine(line.Path)));
        }

        if (lines.Changes.Count > 0)
        {
            Screen.Console.Write(grid);
        }
    }

    private static string Word(OverlayDifference difference, IOverlay overlay) => difference switch
    {
        OverlayDifference.Removed => "removed",
        OverlayDifference.Changed => "changed",
        _ => overlay.KnowsDataset ? "new" : "written",
    };
}
