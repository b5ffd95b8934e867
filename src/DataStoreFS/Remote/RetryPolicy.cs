using Polly;
using Polly.Retry;

namespace DataStoreFS.Remote;

/// <summary>Repeats a call as long as its attempts end with a fault that time may cure. Nothing else is repeated.</summary>
internal sealed class RetryPolicy
{
    /// <summary>For what must not be repeated.</summary>
    public static readonly RetryPolicy Once = new(new RemoteOptions { Retries = 0 });

    private readonly ResiliencePipeline<Attempt> _pipeline;

    public RetryPolicy(RemoteOptions options)
    {
        if (options.Retries == 0)
        {
            _pipeline = ResiliencePipeline<Attempt>.Empty;
            return;
        }

        _pipeline = new ResiliencePipelineBuilder<Attempt>().AddRetry(new RetryStrategyOptions<Attempt>
        {
            ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is null && arguments.Outcome.Result.Again),
            MaxRetryAttempts = options.Retries,
            Delay = options.RetryDelay,
            MaxDelay = TimeSpan.FromSeconds(2),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        }).Build();
    }

    /// <summary>Runs the call until it is done or hopeless.</summary>
    /// <returns>How its last attempt ended.</returns>
    public ValueTask<Attempt> RunAsync(Func<ProgressTimeout, ValueTask<Attempt>> attempt, ProgressTimeout progress) =>
        _pipeline.ExecuteAsync(static (call, _) => call.attempt(call.progress), (attempt, progress), progress.Caller);
}
