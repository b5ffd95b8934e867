using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace LinuxFuse.Session;

/// <summary>The end of a request: turns a handler's outcome into the reply if there is none yet, and gives everything back.</summary>
/// <remarks>One for each pooled request, with one delegate, so that asynchronous handlers cost no allocation here either.</remarks>
internal sealed class RequestCompletion
{
    /// <summary>The kernel takes errors up to here only (fs/fuse/dev.c fuse_dev_do_write: ERESTARTSYS is 512).</summary>
    private const int LargestErrno = 511;

    private readonly FuseRequest _request;
    private readonly Action _continuation;
    private ConfiguredValueTaskAwaitable<Errno>.ConfiguredValueTaskAwaiter _awaiter;

    public RequestCompletion(FuseRequest request)
    {
        _request = request;
        _continuation = Continue;
    }

    private FuseSession Session => _request.Session;

    /// <summary>Ends the request with its handler's task, now or when that completes. The request is no longer the caller's.</summary>
    public void Await(ValueTask<Errno> task)
    {
        ConfiguredValueTaskAwaitable<Errno>.ConfiguredValueTaskAwaiter awaiter = task.ConfigureAwait(false).GetAwaiter();
        if (awaiter.IsCompleted)
        {
            End(awaiter);
            return;
        }

        Session.InFlight.Register(_request);
        _awaiter = awaiter;
        awaiter.UnsafeOnCompleted(_continuation);
    }

    /// <summary>Ends the request with an exception that the handler threw before it returned a task.</summary>
    public void Fail(Exception exception) => Finish(Session.Errors.Map(_request, exception));

    /// <summary>Ends the request with what the handler returned, or with an error found before it was called.</summary>
    public void Finish(Errno result)
    {
        try
        {
            if (!_request.IsReplied)
                Answer(result);
        }
        catch (Exception exception)
        {
            // Not a handler's fault: nothing above could do better with it, and the reader must live on.
            Session.Logger.LogError(exception, "answering {Opcode} {Unique} failed", _request.Opcode, _request.Header.Unique);
        }
        finally
        {
            Session.InFlight.Unregister(_request);
            _request.Recycle();
            Session.Requests.Return(_request);
        }
    }

    private void Continue()
    {
        ConfiguredValueTaskAwaitable<Errno>.ConfiguredValueTaskAwaiter awaiter = _awaiter;
        _awaiter = default;
        End(awaiter);
    }

    private void End(ConfiguredValueTaskAwaitable<Errno>.ConfiguredValueTaskAwaiter awaiter)
    {
        Errno result;
        try
        {
            result = awaiter.GetResult();
        }
        catch (Exception exception)
        {
            result = Session.Errors.Map(_request, exception);
        }

        Finish(result);
    }

    private void Answer(Errno result)
    {
        if (result == Errno.OK)
        {
            if (_request.Opcode is FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus)
            {
                _request.ReplyCollected();
                return;
            }

            if (RequestLayout.HasEmptyReply(_request.Opcode))
            {
                _request.ReplyEmpty();
                return;
            }

            Session.Logger.LogError("the handler of {Opcode} (node {Node}, request {Unique}) returned OK without a reply: EIO",
                _request.Opcode, _request.Header.Node, _request.Header.Unique);
            result = Errno.EIO;
        }
        else if ((uint)result > LargestErrno)
        {
            Session.Logger.LogError("the handler of {Opcode} (node {Node}, request {Unique}) returned {Result}, which is no errno: EIO",
                _request.Opcode, _request.Header.Node, _request.Header.Unique, (int)result);
            result = Errno.EIO;
        }

        _request.ReplyError(result);
    }
}
