using Microsoft.Extensions.Logging;

namespace LinuxFuse.Session;

/// <summary>What a caller sees when a handler threw, and what the log says.</summary>
internal sealed class ErrorPolicy(FuseSession session, Func<Exception, Errno>? mapper)
{
    public Errno Map(FuseRequest request, Exception exception)
    {
        if (exception is OperationCanceledException && session.InFlight.WasInterrupted(request))
            return Errno.EINTR;

        Errno result = Errno.EIO;
        try
        {
            if (mapper is not null && mapper(exception) is var mapped && mapped != Errno.OK)
                result = mapped;
        }
        catch (Exception failure)
        {
            session.Logger.LogError(failure, "the error mapper threw");
        }

        session.Logger.LogError(exception, "{Opcode} of node {Node} (request {Unique}) failed: {Errno}",
            request.Opcode, request.Header.Node, request.Header.Unique, result);
        return result;
    }
}
