namespace DataStoreFS.Blocks;

/// <summary>
/// Learns how many requests at a time are good for a server, from what they bring. Begins with a few, doubles while a doubling pays, then tries one
/// step up or down now and then and keeps what is better: the original server is slower the more it is asked at once, others scale to dozens.
/// </summary>
/// <remarks>
/// Only rounds in which work was waiting all the time count: without a queue the rate says what programs wanted, not what the server can.
/// No lock of its own: part of the state of <see cref="BlockBatcher"/>.
/// </remarks>
internal sealed class ConcurrencyLimit
{
    // A doubling that brings less than a third more has met a limit. In steady state a quarter more requests must be worth a twentieth, a quarter
    // less may cost a thirtieth, and other steps in proportion: near a server, one request instead of two is the largest step there is.
    private const double StartupGain = 1.3;
    private const double StepGain = 0.2;
    private const double StepLoss = 0.12;

    // Cold caches, connections that begin slowly, code that runs for the first time: as long as a round brings so much more than the one before,
    // all by itself, nothing is known of a doubling. Near a server, half of all doublings were kept for that reason.
    private const double Rising = 1.15;

    // Half of what it used to be, twice in a row: the server has become slower, or is shared with more clients.
    private const double Collapse = 0.5;
    private const int MaxPause = 64;
    private const int LeastRound = 8;

    private readonly int _maximum;
    private bool _startup = true;
    private bool _hurried;
    private bool _trying;
    private bool _up = true;
    private int _settled;
    private double _settledRate;
    private double _roundBefore;
    private int _disappointments;
    private int _pause = 4;
    private int _rounds;
    private int _completed;
    private int _settling;
    private long _work;
    private long _roundStart = -1;

    /// <param name="maximum">Never more than that.</param>
    /// <param name="begin">Until something has been learnt.</param>
    public ConcurrencyLimit(int maximum, int begin)
    {
        _maximum = Math.Max(maximum, 1);
        Current = Math.Clamp(begin, 1, _maximum);
        _settled = Current;
    }

    /// <summary>Requests at a time.</summary>
    public int Current { get; private set; }

    /// <summary>
    /// The server's first answer was slow. Rounds of it last long, so that certainty about each doubling would cost more than a doubling in vain.
    /// </summary>
    /// <param name="atLeast">Requests at a time, from now on.</param>
    public void Hurry(int atLeast)
    {
        if (_startup)
        {
            Current = _settled = Math.Clamp(atLeast, Current, Math.Max(_maximum, Current));
            _hurried = true;
        }
    }

    /// <summary>The server works for its answers: fewer at a time are enough to begin with.</summary>
    /// <param name="atMost">Requests at a time, from now on.</param>
    public void Calm(int atMost)
    {
        if (_startup)
        {
            Current = _settled = Math.Clamp(atMost, 1, Current);
        }
    }

    /// <param name="seconds">When a request ended, on any clock that does not jump.</param>
    /// <param name="work">What it brought, in any unit.</param>
    /// <param name="queued">Whether more was waiting at that moment.</param>
    public void Completed(double seconds, long work, bool queued)
    {
        long now = (long)(seconds * 1e9);
        if (!queued || _roundStart < 0)
        {
            BeginRound(now);
            return;
        }

        if (_settling > 0)
        {
            // Begun under the limit before.
            _settling--;
            BeginRound(now);
            return;
        }

        _completed++;
        _work += work;

        // Requests tend to end in bunches of as many as are under way; a whole number of bunches is measured. With few, one long answer among short
        // ones would make a round of two bunches look fast or slow by chance.
        if (_completed < Math.Max(2 * Current, LeastRound) || now == _roundStart)
        {
            return;
        }

        double rate = _work / ((now - _roundStart) * 1e-9);
        if (_startup)
        {
            Startup(rate);
        }
        else
        {
            Steady(rate);
        }

        BeginRound(now);
    }

    /// <summary>The server failed or did not answer: half as many.</summary>
    public void Failed()
    {
        _startup = false;
        _trying = false;
        Current = Math.Max(Current / 2, 1);
        _settled = Current;
        _settledRate = 0;
        _roundStart = -1;
    }

    private void Startup(double rate)
    {
        // The first round under a limit has none before it.
        bool rising = _hurried ? _roundBefore == 0 : rate > _roundBefore * Rising;
        _roundBefore = rate;
        if (rising)
        {
            return;
        }

        _roundBefore = _hurried ? rate : 0;
        bool pays = rate > _settledRate * StartupGain;
        if (!pays && (!_hurried || ++_disappointments == 2))
        {
            // Steps up and down go on from here; a second doubling in spite of it would be judged by what has become faster by itself meanwhile.
            _startup = false;
            _disappointments = 0;
            Current = _settled;
            return;
        }

        if (pays)
        {
            _settled = Current;
            _settledRate = rate;
        }

        _startup = Current < _maximum;
        Current = Math.Min(Current * 2, _maximum);
    }

    private void Steady(double rate)
    {
        if (_trying)
        {
            Judge(rate);
            return;
        }

        _disappointments = rate < _settledRate * Collapse ? _disappointments + 1 : 0;
        if (_disappointments == 2)
        {
            Current = _settled = Math.Max(Current * 7 / 10, 1);
            _settledRate = rate;
            _disappointments = 0;
            return;
        }

        _settledRate = _settledRate == 0 ? rate : (_settledRate * 0.75) + (rate * 0.25);
        if (++_rounds >= _pause)
        {
            Try();
        }
    }

    private void Try()
    {
        _rounds = 0;
        int step = Math.Max(_settled / 4, 1);
        int next = Math.Clamp(_up ? _settled + step : _settled - step, 1, _maximum);
        _trying = next != _settled;
        _settling = Current;
        Current = next;
        if (!_trying)
        {
            _up = !_up;
        }
    }

    private void Judge(double rate)
    {
        _trying = false;
        double step = (double)(Current - _settled) / _settled;
        if (rate > _settledRate * (1 + (step * (_up ? StepGain : StepLoss))))
        {
            // Each step down may lose a little; ten of them may not.
            _settledRate = Math.Max(rate, _settledRate);
            _settled = Current;
            _pause = 4;
            return;
        }

        _settling = Current;
        Current = _settled;
        _up = !_up;
        _pause = Math.Min(_pause * 2, MaxPause);
    }

    private void BeginRound(long now)
    {
        _roundStart = now;
        _completed = 0;
        _work = 0;
    }
}
