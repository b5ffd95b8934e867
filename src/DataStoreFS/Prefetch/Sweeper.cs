using DataStoreFS.Model;

namespace DataStoreFS.Prefetch;

/// <summary>
/// Movements of a view: what was in view is asked for again one step along an axis, at the next timepoint, or in another setup. When a burst's first
/// blocks show the movement, the rest of the burst is asked for, then the step after it; coarse levels first, as viewers do.
/// </summary>
internal sealed class Sweeper(CandidateQueue candidates, PrefetchLedger ledger)
{
    /// <summary>How many bursts back a place may be to belong to what is in view: a dragged view is made of several columns.</summary>
    private const int ViewBursts = 8;

    private const int FewestVotes = 2;
    private const double Majority = 0.6;
    private const int PlaneBlocks = 4;
    private const int RefineVotes = 4;
    private const int ViewPlanes = 3;

    // Places that were in view and moved, of all sweeps.
    private int _inView;

    /// <summary>After each access that the image has marked. True when its burst is a movement of what was in view.</summary>
    public bool Follow(Program program, ImageTrace image, VolumeInfo volume, Place place)
    {
        Motion motion = Winner(program, image);
        if (motion.Axis < 0)
        {
            return false;
        }

        int at = motion.IsSpatial ? place[motion.Axis] : motion.Axis == Motion.Time ? image.Key.Timepoint : image.Key.Setup;
        if (image.Swept != (program.Burst, motion, at))
        {
            image.Swept = (program.Burst, motion, at);
            program.Motion = motion.Axis == Motion.Setup ? program.Motion : motion;
            program.NewPlan();
            int found = _inView;
            Sweep(program, image, volume, motion, place);

            // What walks block by block moves too, but its walk says more.
            image.SweptView = _inView - found >= (image.Walk.IsWalking ? PlaneBlocks : 1);
        }

        return image.SweptView;
    }

    /// <summary>The program pauses: the movement that was too small to be sure goes on; without one, what could come in any direction.</summary>
    public void Rest(Program program, Dictionary<int, VolumeInfo> volumes)
    {
        if (program.Trust(PrefetchReason.Idle) < 0.2)
        {
            return;
        }

        List<ImageTrace> inView = [.. program.Images.Where(image => image.NewestBurst == program.Burst)];
        if (inView.Count == 0)
        {
            return;
        }

        ImageTrace finest = inView.MinBy(image => image.Key.Level)!;
        int thin = finest.Newest.ThinAxis;
        if (!volumes.TryGetValue(finest.Key.Volume, out VolumeInfo? volume) || finest.Newest.Count < PlaneBlocks || thin < 0)
        {
            return;
        }

        List<ImageTrace> finestOfSetups =
        [
            .. inView.Where(image => image.Key.Level == finest.Key.Level && image.Key.Timepoint == finest.Key.Timepoint),
        ];

        int step = program.Motion.Axis == thin && program.Motion.Step < 0 ? -1 : 1;
        int later = program.Motion.Axis == Motion.Time && program.Motion.Step < 0 ? -1 : 1;
        foreach (ImageTrace image in finestOfSetups)
        {
            NearestPlane(program, image, volume, thin, step);
        }

        foreach (ImageTrace image in finestOfSetups)
        {
            TimepointLike(program, image.Key, volume, image.Key.Timepoint + later, AfterThis(program), PrefetchReason.Idle);
        }

        foreach (ImageTrace image in finestOfSetups)
        {
            NearestPlane(program, image, volume, thin, -step);
        }
    }

    /// <summary>
    /// Viewers ask for coarse blocks first. When the first blocks of a level lie below coarser ones of this burst or the last, the others below
    /// these come too, in the plane that is being read.
    /// </summary>
    public bool Refine(Program program, ImageTrace image, VolumeInfo volume, Place place)
    {
        if (image.RefinedIn == program.Burst)
        {
            return true;
        }

        ImageTrace? coarser = program.Find(image.Key with { Level = image.Key.Level + 1 });
        int thin = image.Newest.ThinAxis;
        if (image.Voters < RefineVotes || thin < 0 || program.Trust(PrefetchReason.Finer) < 0.3
            || coarser is not { Remembers: true } || program.Burst - coarser.NewestBurst > 1)
        {
            return false;
        }

        Place ratio = Ratio(coarser.Level, image.Level);
        Box view = coarser.Newest;
        Place above = new(place.X / ratio.X, place.Y / ratio.Y, place.Z / ratio.Z);
        if (!IsRecent(coarser, above, program) || image.Newest.Count > view.Count * (long)ratio.X * ratio.Y * ratio.Z)
        {
            return false;
        }

        image.RefinedIn = program.Burst;
        program.NewPlan();
        for (int z = view.Low.Z * ratio.Z; z < (view.High.Z + 1) * ratio.Z; z++)
        {
            for (int y = view.Low.Y * ratio.Y; y < (view.High.Y + 1) * ratio.Y; y++)
            {
                for (int x = view.Low.X * ratio.X; x < (view.High.X + 1) * ratio.X; x++)
                {
                    Place fine = new(x, y, z);
                    if (fine[thin] == place[thin] && image.Contains(fine) && image.BurstAt(fine) == 0
                        && IsRecent(coarser, new Place(x / ratio.X, y / ratio.Y, z / ratio.Z), program))
                    {
                        candidates.AddFirst(new Candidate(image.Key.At(x, y, z), PrefetchReason.Finer, program, program.Plan));
                    }
                }
            }
        }

        return true;
    }

    private static bool IsRecent(ImageTrace image, Place place, Program program) =>
        image.BurstAt(place) is byte burst and > 0 && program.Burst - burst <= 1;

    // How many blocks of the finer level a block of the coarser one covers.
    private static Place Ratio(LevelInfo coarser, LevelInfo finer)
    {
        Place ratio = default;
        for (int axis = 0; axis < 3; axis++)
        {
            long fine = Math.Max(finer.Factors[axis] * finer.BlockSize[axis], 1);
            ratio = ratio.With(axis, (int)Math.Max(coarser.Factors[axis] * coarser.BlockSize[axis] / fine, 1));
        }

        return ratio;
    }

    /// <summary>The next plane in one direction of which something has not been read yet.</summary>
    private void NearestPlane(Program program, ImageTrace image, VolumeInfo volume, int axis, int step)
    {
        for (int distance = 1; distance <= ViewPlanes; distance++)
        {
            int before = candidates.Count;
            Plane(
                program, image, volume, new Motion(axis, step), image.Newest.Low[axis] + (step * distance), AfterThis(program), PrefetchReason.Idle);
            if (candidates.Count > before)
            {
                return;
            }
        }
    }

    // As if the next burst had begun: then this one is what was in view.
    private static int AfterThis(Program program) => program.Burst + 1;

    private static Motion Winner(Program program, ImageTrace image)
    {
        Motion best = Motion.None;
        int most = 0;
        for (int axis = 0; axis <= Motion.Time; axis++)
        {
            for (int step = -1; step <= 1; step += 2)
            {
                Motion motion = new(axis, step);
                int votes = image.Votes(motion);
                if (votes > most || (votes == most && votes > 0 && motion == program.Motion))
                {
                    (best, most) = (motion, votes);
                }
            }
        }

        for (int axis = 0; axis <= Motion.Time; axis++)
        {
            // The step of a jump is the same for all that voted for it in a burst; Sweep takes it from the place.
            Motion motion = new(axis, int.MaxValue);
            if (image.Votes(motion) > most)
            {
                (best, most) = (motion, image.Votes(motion));
            }
        }

        if (best.Axis < 0 && image.Votes(new Motion(Motion.Setup, 0)) is int setup and > 0)
        {
            (best, most) = (new Motion(Motion.Setup, 0), setup);
        }

        // One block is enough to go on as before.
        bool enough = most >= FewestVotes || (most == 1 && best == program.Motion);
        return enough && most >= Majority * image.Voters ? best : Motion.None;
    }

    private void Sweep(Program program, ImageTrace image, VolumeInfo volume, Motion motion, Place place)
    {
        byte burst = program.Burst;
        if (motion.Axis == Motion.Setup)
        {
            SetupLike(program, image, volume);
            return;
        }

        int steps = motion.IsJump ? 1 : 1 + (int)Math.Round(program.Steps * program.Trust(PrefetchReason.Next));
        if (motion.Axis == Motion.Time)
        {
            for (int step = 0; step < steps; step++)
            {
                PrefetchReason reason = step == 0 ? PrefetchReason.Rest : PrefetchReason.Next;
                int from = motion.IsJump ? program.TimepointBefore : image.Key.Timepoint - motion.Step;
                TimepointLike(program, image.Key with { Timepoint = from }, volume, image.Key.Timepoint + (step * motion.Step), burst, reason);
            }

            return;
        }

        for (int step = 0; step < steps; step++)
        {
            PrefetchReason reason = step == 0 ? PrefetchReason.Rest : PrefetchReason.Next;
            Plane(program, image, volume, motion, place[motion.Axis] + (step * motion.Step), burst, reason);
        }
    }

    /// <summary>What was in view before, of this level and coarser ones, in the plane at <paramref name="target"/> of this level.</summary>
    private void Plane(Program program, ImageTrace image, VolumeInfo volume, Motion motion, int target, int burst, PrefetchReason reason)
    {
        int axis = motion.Axis;
        IReadOnlyList<LevelInfo> levels = volume.Setups[image.Key.Setup].Levels;
        if ((uint)target >= (uint)image.Grid[axis])
        {
            return;
        }

        // The middle of the target plane in voxels of full resolution decides the coarser planes.
        long middle = ((2 * target) + 1) * image.Level.BlockSize[axis] * image.Level.Factors[axis] / 2;
        for (int level = levels.Count - 1; level >= image.Key.Level; level--)
        {
            ImageTrace? source = program.Find(image.Key with { Level = level });
            if (source is not { Remembers: true })
            {
                continue;
            }

            (Box view, byte viewBurst) = source.Before(burst);
            if (view.Count == 0 || !view.IsThin(axis) || burst - viewBurst > 4 * ViewBursts)
            {
                continue;
            }

            int plane = (int)(middle / (levels[level].BlockSize[axis] * levels[level].Factors[axis]));
            if (plane != view.Low[axis] && plane < source.Grid[axis])
            {
                Shift(program, source, source.Key, view, viewBurst, axis, plane, reason);
            }
        }
    }

    private void TimepointLike(Program program, ImageKey model, VolumeInfo volume, int timepoint, int burst, PrefetchReason reason)
    {
        if ((uint)timepoint >= (uint)volume.TimepointIds.Count)
        {
            return;
        }

        for (int level = volume.Setups[model.Setup].Levels.Count - 1; level >= 0; level--)
        {
            if (program.Find(model with { Level = level }) is { Remembers: true } source)
            {
                (Box view, byte viewBurst) = source.Before(burst);
                Shift(program, source, source.Key with { Timepoint = timepoint }, view, viewBurst, -1, 0, reason);
            }
        }
    }

    private void SetupLike(Program program, ImageTrace image, VolumeInfo volume)
    {
        for (int setup = 0; setup < volume.Setups.Count; setup++)
        {
            IReadOnlyList<LevelInfo> levels = volume.Setups[image.Key.Setup].Levels;
            ImageTrace? other = setup == image.Key.Setup ? null : program.Find(image.Key with { Setup = setup });
            if (other is null || volume.Setups[setup].Levels.Count != levels.Count)
            {
                continue;
            }

            for (int level = levels.Count - 1; level >= 0; level--)
            {
                if (program.Find(other.Key with { Level = level }) is { Remembers: true } source && source.Level.Grid == levels[level].Grid)
                {
                    Shift(program, source, image.Key with { Level = level }, source.Newest, source.NewestBurst, -1, 0, PrefetchReason.Rest);
                }
            }

            return;
        }
    }

    // Every place of the source that was in view, moved into the target image and plane, unless it has been read there.
    private void Shift(Program program, ImageTrace source, ImageKey target, Box view, byte viewBurst, int axis, int plane, PrefetchReason reason)
    {
        if (view.Count == 0)
        {
            return;
        }

        ImageTrace? known = program.Find(target);
        Place low = new(0, 0, 0);
        Place high = new(source.Grid.X - 1, source.Grid.Y - 1, source.Grid.Z - 1);
        for (int thin = 2; thin >= 0; thin--)
        {
            // What is in view is in the planes that the newest burst was in.
            if (view.IsThin(thin) && (thin == axis || axis >= 0 || IsViewPlane(view, thin)))
            {
                (low, high) = (low.With(thin, view.Low[thin]), high.With(thin, view.Low[thin]));
            }
        }

        for (int z = low.Z; z <= high.Z; z++)
        {
            for (int y = low.Y; y <= high.Y; y++)
            {
                for (int x = low.X; x <= high.X; x++)
                {
                    Place from = new(x, y, z);
                    byte burst = source.BurstAt(from);
                    if (burst == 0 || burst > viewBurst || viewBurst - burst >= ViewBursts)
                    {
                        continue;
                    }

                    _inView++;
                    Place to = axis < 0 ? from : from.With(axis, plane);
                    BlockKey key = target.At(to.X, to.Y, to.Z);
                    if ((known?.BurstAt(to) ?? 0) == 0 && !ledger.Contains(key))
                    {
                        Add(new Candidate(key, reason, program, program.Plan));
                    }
                }
            }
        }
    }

    // A column of a pan is thin in two axes: the plane of the view is the one across the last of them.
    private static bool IsViewPlane(Box view, int axis) => axis == view.ThinAxis;

    private void Add(in Candidate candidate)
    {
        if (candidate.Reason == PrefetchReason.Rest)
        {
            candidates.AddFirst(candidate);
        }
        else
        {
            candidates.AddLater(candidate);
        }
    }
}
