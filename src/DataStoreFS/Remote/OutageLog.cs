using DataStoreFS.Model;
using Microsoft.Extensions.Logging;

namespace DataStoreFS.Remote;

/// <summary>One line when a server stops answering, one when it answers again, none between: a viewer asks thousands of times a second.</summary>
/// <remarks>Nothing before the server's first answer: there is no mount yet whose readers would want to know, and whoever makes it is told.</remarks>
internal sealed class OutageLog(string server, ILogger logger)
{
    private int _out;
    private volatile bool _known;

    /// <summary>True between an outage's first fault and the first answer after it.</summary>
    public bool IsOut => Volatile.Read(ref _out) != 0;

    public void Silent(DataStoreException fault)
    {
        if (Interlocked.Exchange(ref _out, 1) == 0 && _known)
        {
            logger.LogError("{Server} does not answer; what is cached stays readable: {Fault}", server, fault.Message);
        }
    }

    public void Answered()
    {
        if (IsOut && Interlocked.Exchange(ref _out, 0) != 0 && _known)
        {
            logger.LogInformation("{Server} answers again", server);
        }

        _known = true;
    }
}
