using System.Globalization;
using Integration.Mounts;

namespace Integration.Crash;

/// <summary>kill -9 loses nothing that close() or fsync() has acknowledged. <c>scripts/crash-test</c> runs it with thousands of kills.</summary>
public sealed class CrashTests
{
    private const int KillsInCI = 20;

    [MountFact]
    public async Task WhatWasAcknowledgedIsOnTheServerHoweverOftenTheDaemonIsKilled()
    {
        int seed = Setting("SEED", 20261);
        string? report = Environment.GetEnvironmentVariable("DATASTOREFS_CRASH_REPORT");
        void Say(string line)
        {
            if (report is not null)
            {
                File.AppendAllText(report, line + "\n");
            }
        }

        Say(await new CrashRun(seed, Say).RunAsync(Setting("KILLS", KillsInCI)));
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable("DATASTOREFS_CRASH_" + name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
