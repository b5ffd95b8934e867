using System.Globalization;
using BenchmarkDotNet.Running;
using Benchmarks;

return args switch
{
    ["disk", string folder, .. string[] sizes] => await DiskTierBenchmark.RunAsync(folder, Number(sizes, 0, 1024), Number(sizes, 1, 64)),
    ["simulate", .. string[] traces] => SimulateCommand.Run(traces),
    ["dataset", string name, string folder] => DatasetCommand.Run(name, folder),
    ["replay", string trace, string tree, .. string[] options] => ReplayCommand.Run(trace, tree, options),
    ["flush", string mount, string address, .. string[] options] => FlushBenchmark.Run(mount, address, options),
    ["kernel", string folder, .. string[] repetitions] => await KernelBenchmark.RunAsync(folder, Number(repetitions, 0, 5)),
    ["relay", string target, string roundTrip] => DelayRelay.Run(target, roundTrip),
    ["micro", .. string[] options] => Micro(options),
    _ => Usage(),
};

static int Micro(string[] options)
{
    BenchmarkSwitcher.FromAssembly(typeof(CacheBenchmarks).Assembly).Run(options.Length == 0 ? ["--filter", "*"] : options);
    return 0;
}

static int Number(string[] arguments, int index, int otherwise) =>
    index < arguments.Length ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;

static int Usage()
{
    Console.Error.WriteLine("""
        usage: Benchmarks micro [OPTIONS OF BENCHMARKDOTNET]
               Benchmarks dataset tree|bigtree FOLDER
               Benchmarks replay TRACE TREE [--openers N] [--speed F] [--json]
               Benchmarks simulate [TRACE...]
               Benchmarks disk FOLDER [BLOCKS [EDGE]]
               Benchmarks flush MOUNT DATASET [--writers N] [--blocks N] [--repetitions N]
               Benchmarks kernel FOLDER [REPETITIONS]
               Benchmarks relay ADDRESS:PORT RTT
        """);
    return 2;
}
