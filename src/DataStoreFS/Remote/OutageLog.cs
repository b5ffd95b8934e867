using DataStoreFS.Model;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Remote;

/// <summary>One line when a server stops answering, one when it answers again, none between: a viewer asks thousands of times a second.</summary>
internal sealed class OutageLog(string server, ILogger logger)
{
    private int _out;

    /// <summary>True between an outage's first fault and the first answer after it.</summary>
    public bool IsOut => Volatile.Read(ref _out) != 0;

    public void Silent(DataStoreException fault)
    {
        if (Interlocked.Exchange(ref _out, 1) == 0)
        {
            logger.LogError("{Server} does not answer; what is cached stays readable: {Fault}", server, fault.Message);
        }
    }

    public void Answered()
    {
        if (IsOut && Interlocked.Exchange(ref _out, 0) != 0)
        {
            logger.LogInformation("{Server} answers again", server);
        }
    }
}
