using System.Text.Json;

namespace Integration.Cli;

/// <summary>What the program answers without a mount.</summary>
public class UsageTests
{
    [Theory]
    [InlineData("frobnicate", "no verb 'frobnicate'")]
    [InlineData("mount", "datastorefs mount --help")]
    [InlineData("mount http://h:1/datasets/u", "datastorefs mount --help")]
    [InlineData("mount ftp://h/datasets/u /mnt", "http://")]
    [InlineData("mount http://ann:pw@h/datasets/u /mnt", "--token-file")]
    [InlineData("mount http://h:1/datasets/u /mnt --cache-size 5X", "--cache-size: '5X' is not a size")]
    [InlineData("mount http://h:1/datasets/u /mnt -o frobnicate", "unknown mount option 'frobnicate'")]
    [InlineData("mount http://h:1/datasets/u /mnt --cache-size 1K", "--cache-size is below 1 MiB")]
    [InlineData("completion tcsh", "bash, zsh and fish")]
    [InlineData("serve /nowhere/at/all", "there is no such folder")]
    [InlineData("serve / --token-file /", "--token-file: cannot read /: it is a folder")]
    [InlineData("serve / --max-request-body 5X", "--max-request-body: '5X' is not a size")]
    [InlineData("info http://h:1/datasets/u --token-file /", "the token file /: it is a folder")]
    [InlineData("help nope", "no verb 'nope'; 'datastorefs --help'")]
    [InlineData("help umont", "did you mean umount?")]
    [InlineData("help overlay lits", "did you mean list?")]
    [InlineData("moutn", "did you mean mount?")]
    [InlineData("mount http://h:1/datasets/u /mnt --cach-size 1G", "no option '--cach-size'; did you mean --cache-size?")]
    [InlineData("info http://h:1/datasets/u --jsn=yes", "no option '--jsn'; did you mean --json?")]
    [InlineData("mount h:9080/datasets/u /mnt", "does not begin with http://")]
    [InlineData("mount http://h:99999/datasets/u /mnt", "'99999' is no port")]
    [InlineData("mount http://h:1/datasets/u /mnt --timeout inf", "--timeout must be more than zero and at most a day")]
    [InlineData("push x.xml http://h:1 --timeout inf", "more than zero and at most a day")]
    [InlineData("push x.xml http://h:1 --timeout soon", "--timeout: 'soon' is not a duration")]
    [InlineData("mount http://h:1/datasets/u /mnt -o write_back=journal", "add --read-write")]
    public async Task WrongUsageIsOneLineAndExitCode2(string args, string says)
    {
        CliResult result = await CliProgram.RunAsync(args.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(says, result.ErrorLine, StringComparison.Ordinal);
        Assert.DoesNotContain("pw@", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mount", "http://h:1/datasets/u", "")]
    [InlineData("umount", "")]
    [InlineData("refresh", "")]
    [InlineData("status", "")]
    [InlineData("serve", "")]
    [InlineData("bench", "")]
    [InlineData("push", "", "http://h:1")]
    [InlineData("pull", "http://h:1/datasets/u", "")]
    [InlineData("overlay", "list", "")]
    [InlineData("overlay", "list", "--overlay", "")]
    public async Task AnEmptyPathAsOfAnUnsetVariableIsWrongUsage(params string[] args)
    {
        CliResult result = await CliProgram.RunAsync(args);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("empty", result.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("umount /nowhere/at/all")]
    [InlineData("refresh /nowhere/at/all")]
    [InlineData("status /nowhere/at/all")]
    [InlineData("info http://127.0.0.1:1/datasets/u")]
    public async Task WhatCannotBeDoneIsOneLineAndExitCode1(string args)
    {
        CliResult result = await CliProgram.RunAsync(args.Split(' '));
        Assert.Equal(1, result.ExitCode);
        Assert.NotEmpty(result.ErrorLine);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData("help mount")]
    [InlineData("mount --help")]
    [InlineData("serve -h")]
    [InlineData("warm --help")]
    [InlineData("help bench")]
    public async Task HelpEndsWithExamples(string args)
    {
        CliResult result = await CliProgram.RunAsync(args.Split(' '));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Examples:\n  # ", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Errors);
    }

    [Theory]
    [InlineData("help demo", "--check", "Examples:")]
    [InlineData("overlay --help", "  list [MOUNTPOINT] [PATH]  ", "<PATH>")]
    [InlineData("--help", "  help [VERB]  ", "<VERB>")]
    [InlineData("push --help", "(default: 4;", "[default: 4]")]
    [InlineData("warm --help", "required with a dataset's", "default: none")]
    public async Task HelpSaysWhatIsTrueAndOnce(string args, string says, string never)
    {
        CliResult result = await CliProgram.RunAsync(args.Split(' '));
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.Contains(says, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(never, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AWorkingDirectoryThatIsGoneIsSaid()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("datastorefs-gone-");
        CliResult result = await CliProgram.RunAsync(CliProgram.StartProgram(
            "/bin/sh", ["-c", $"cd {folder.FullName} && rmdir {folder.FullName} && exec {CliProgram.Path} bench here"], null));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("working directory has been deleted", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheVersionIsPrinted()
    {
        CliResult result = await CliProgram.RunAsync("--version");
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", result.Output);
    }

    [Theory]
    [InlineData("datastorefs mo", "mount")]
    [InlineData("datastorefs mount --cache", "--cache-size")]
    [InlineData("datastorefs mount http://h/datasets/u /mnt --missing a", "absent")]
    [InlineData("datastorefs mount http://h/datasets/u /mnt -o max", "max-age=")]
    public async Task TheSuggestDirectiveCompletes(string line, string expected)
    {
        CliResult result = await CliProgram.RunAsync($"[suggest:{line.Length}]", line);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(expected, result.Output.Split('\n'));
    }

    [Fact]
    public async Task NothingIsSuggestedThatLooksLikeAFile()
    {
        const string line = "datastorefs status ";
        string[] suggested = (await CliProgram.RunAsync($"[suggest:{line.Length}]", line)).Output.Split('\n');
        Assert.Contains("--help", suggested);
        Assert.DoesNotContain("/h", suggested);
        Assert.DoesNotContain("/?", suggested);
    }

    [Fact]
    public async Task TheBashScriptTakesNamesAsTheyAreAndQuotesThem()
    {
        string script = $$"""
            eval "$({{CliProgram.Path}} completion bash)"
            fake() { printf '%s\n' '/mnt/a b' '/mnt/$(echo x)' '/other'; }
            COMP_LINE='fake status /mnt/'; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(fake status /mnt/); COMP_CWORD=2
            _datastorefs; printf '%s\n' "${COMPREPLY[@]}"
            """;
        CliResult result = await CliProgram.RunAsync(CliProgram.StartProgram("/bin/bash", ["-c", script], null));
        Assert.Equal("/mnt/a\\ b\n/mnt/\\$\\(echo\\ x\\)\n", result.Output);
    }

    [Fact]
    public async Task TheBashScriptCompletesInBash()
    {
        string script = $$"""
            eval "$({{CliProgram.Path}} completion bash)"
            datastorefs() { {{CliProgram.Path}} "$@"; }
            COMP_LINE='datastorefs mount --cache'; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(datastorefs mount --cache); COMP_CWORD=2
            _datastorefs && echo "${COMPREPLY[@]}"
            """;
        CliResult result = await CliProgram.RunAsync(CliProgram.StartProgram("/bin/bash", ["-c", script], null));
        Assert.Equal("--cache-size\n", result.Output);
    }

    [Theory]
    [InlineData("zsh", "#compdef datastorefs")]
    [InlineData("fish", "complete -c datastorefs")]
    public async Task TheOtherShellsHaveScriptsToo(string shell, string contains) =>
        Assert.Contains(contains, (await CliProgram.RunAsync("completion", shell)).Output, StringComparison.Ordinal);

    [Fact]
    public async Task InfoIsATableForPeopleAndJsonForScripts()
    {
        await using CliFixture fixture = await CliFixture.StartAsync();
        CliResult table = await CliProgram.RunAsync("info", fixture.Source);
        Assert.Equal((0, ""), (table.ExitCode, table.Errors));
        Assert.Contains("150 x 130 x 40", table.Output, StringComparison.Ordinal);
        Assert.Contains("mixedLatest", table.Output, StringComparison.Ordinal);
        Assert.Contains("0, 1", table.Output, StringComparison.Ordinal);
        Assert.Contains("1 (1 channel, 1 angle)", table.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" \n", table.Output, StringComparison.Ordinal);

        CliResult ascii = await CliProgram.RunAsync(
            CliProgram.Start(["info", fixture.Source], new Dictionary<string, string> { ["LC_ALL"] = "C" }));
        Assert.DoesNotContain('─', ascii.Output);
        Assert.Contains("-----", ascii.Output, StringComparison.Ordinal);

        using JsonDocument json = JsonDocument.Parse((await CliProgram.RunAsync("info", fixture.Source, "--json")).Output);
        Assert.Equal([0, 1], json.RootElement.GetProperty("versions").EnumerateArray().Select(v => v.GetInt32()));
        JsonElement level = json.RootElement.GetProperty("levels")[1];
        Assert.Equal([75L, 65, 40], level.GetProperty("dimensions").EnumerateArray().Select(v => v.GetInt64()));
        Assert.Equal([2L, 2, 3], level.GetProperty("grid").EnumerateArray().Select(v => v.GetInt64()));
        Assert.Equal(75L * 65 * 40 * 2, level.GetProperty("bytes").GetInt64());
        Assert.Equal(
            3 * json.RootElement.GetProperty("levels").EnumerateArray().Sum(l => l.GetProperty("bytes").GetInt64()),
            json.RootElement.GetProperty("bytes").GetInt64());
    }
}
