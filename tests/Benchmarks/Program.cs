using System.Globalization;
using Benchmarks;

return args switch
{
    ["disk", string folder, .. string[] sizes] => await DiskTierBenchmark.RunAsync(folder, Number(sizes, 0, 1024), Number(sizes, 1, 64)),
    ["simulate", .. string[] traces] => SimulateCommand.Run(traces),
    _ => Usage(),
};

static int Number(string[] arguments, int index, int otherwise) =>
    index < arguments.Length ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;

static int Usage()
{
    Console.Error.WriteLine("usage: Benchmarks disk FOLDER [BLOCKS [EDGE]] | simulate [TRACE...]");
    return 2;
}
