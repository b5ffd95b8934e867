using System.CommandLine;
using System.Globalization;
using DataStoreFS.Cli.Logging;
using DataStoreFS.Cli.Options;
using DataStoreFS.Mounting;
using DataStoreFS.Mounting.Control;
using DataStoreFS.WriteBack;
using Spectre.Console;

namespace DataStoreFS.Cli.Verbs;

/// <summary><c>datastorefs status MOUNTPOINT [--parked] [--json]</c>: what a running mount says of itself.</summary>
internal static class StatusVerb
{
    public static Command Create()
    {
        Argument<string> mountPoint = MountPointArgument.Create();
        var json = new Option<bool>("--json") { Description = "Machine-readable, with every counter." };
        var parked = new Option<bool>("--parked") { Description = "List the blocks that the server refused, and why." };
        var verb = new Verb("status", "Show what a mount is doing.")
        {
            Examples =
            [
                ("datastorefs status ~/data", "Is the server there, and how much comes from the cache?"),
                ("datastorefs status ~/data --parked", "Which written blocks has the server refused, and where are they kept?"),
            ],
        };
        verb.Add(mountPoint);
        verb.Add(json);
        verb.Add(parked);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            string path = OptionValues.FullPath(parsed.GetRequiredValue(mountPoint));
            bool listsParked = parsed.GetValue(parked);
            ControlCommand command = listsParked ? ControlCommand.Parked : ControlCommand.Status;
            string answer = await ControlClient.SendAsync(path, command, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(answer);
            }
            else if (listsParked)
            {
                ShowParked(ParkedBlocksJson.Read(answer));
            }
            else
            {
                Show(MountStatusJson.Read(answer));
            }

            return 0;
        });
        return verb;
    }

    private static void Show(MountStatus status)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        Row(grid, "source", status.Source);
        Row(grid, "mounted on", status.MountPoint);
        Row(grid, "version", $"{status.Version}, {(status.ReadWrite ? "read-write" : "read-only")}, missing blocks are {status.Missing}");
        Row(grid, "process", $"{status.ProcessId}, up {TimeSpan.FromSeconds((long)status.UptimeSeconds)}");
        Row(grid, "server", ServerOf(status));
        Row(grid, "cache", $"{Quantities.FormatSize(status.CacheBytes)} of {Quantities.FormatSize(status.CacheBudget)}");
        if (status.Disk is { } disk)
        {
            string hits = Number(disk.Hits);
            Row(
                grid,
                "disk cache",
                $"{Quantities.FormatSize(disk.Bytes)} of {Quantities.FormatSize(disk.Size)}, {Number(disk.Blocks)} blocks, {hits} read from it");
        }

        Row(grid, "read ahead", $"{Number(status.Prefetched)} blocks, {Number(status.PrefetchedUsed)} of them used");
        long reads = status.MemoryHits + status.MemoryMisses;
        Row(grid, "blocks read", $"{Number(reads)}, {Number(status.MemoryHits)} of them from memory, {Number(status.FailedReads)} failed");
        Row(grid, "asked the server", $"{Number(status.ServerBlocks)} blocks in {Number(status.ServerRequests)} requests");
        Row(grid, "bytes read", Quantities.FormatSize(status.BytesRead));
        if (status.WriteBack is WriteBackStatus written)
        {
            Row(
                grid,
                "written",
                $"{Number(written.SentBlocks)} blocks sent, {Number(written.PendingBlocks)} on their way "
                    + $"({Quantities.FormatSize(written.PendingBytes)})");
            Row(
                grid,
                "journal",
                $"{Quantities.FormatSize(written.JournalBytes)} of {Quantities.FormatSize(written.JournalLimit)}, "
                    + $"{Number(written.PostponedBlocks)} blocks wait to be tried again");
            Row(
                grid,
                "refused",
                written.ParkedBlocks == 0
                    ? "nothing"
                    : $"{Number(written.ParkedBlocks)} blocks, kept in {written.ParkedFolder}; --parked lists them");
            Row(grid, "last error", written.LastError is null ? "none" : $"{written.LastErrorTime:u} {written.LastError}");
        }

        Screen.Console.Write(grid);
    }

    // Reads and writes find out for themselves: a block that waits to be tried again is a write that failed.
    private static string ServerOf(MountStatus status) => status.Outage is { } outage ? $"FAILING since {outage.Since:u}: {outage.Reason}"
        : status.WriteBack is { PostponedBlocks: > 0, LastError: { } reason } written
            ? $"TAKES NO BLOCKS, last tried {written.LastErrorTime:u}: {reason}"
            : "answers";

    private static void ShowParked(IReadOnlyList<ParkedBlock> blocks)
    {
        foreach (ParkedBlock block in blocks)
        {
            Console.WriteLine(LineText.OneLine($"{block.Time.UtcDateTime:u} {block.Address}: {block.Reason}; kept in {block.Path}"));
        }

        if (blocks.Count == 0)
        {
            Console.WriteLine("the server has refused nothing");
        }
    }

    private static void Row(Grid grid, string name, string value) =>
        grid.AddRow(new Text(name, new Style(decoration: Decoration.Dim)), new Text(value));

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
