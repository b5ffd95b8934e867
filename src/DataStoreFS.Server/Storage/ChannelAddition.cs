using System.Globalization;
using DataStoreFS.Model;
using DataStoreFS.Server.SpimData;

namespace DataStoreFS.Server.Storage;

/// <summary>Further channels in all versions of a dataset: setups, entities, registrations, and the groups in <c>export.n5</c>.</summary>
internal static class ChannelAddition
{
    /// <returns>The record with the new count.</returns>
    /// <exception cref="InvalidDataException">A version has no setup to take the geometry from.</exception>
    public static DatasetRecord Apply(Dataset dataset, int count)
    {
        DatasetFolder folder = dataset.Folder;
        foreach (int version in folder.Versions)
        {
            SpimDocument document = folder.Document(version);
            if (document.Setups.Count == 0 || document.Timepoints.Ids.Count == 0)
            {
                throw new InvalidDataException($"version {version} has no setup or no timepoint");
            }

            SpimDocument extended = Extend(document, count);
            WriteGroups(folder, version, document, extended);
            DatasetTree.WriteDocument(folder.VersionPath(version), extended);
        }

        folder.Forget();
        return dataset.Record with { Channels = dataset.Record.Channels + count };
    }

    private static void WriteGroups(DatasetFolder folder, int version, SpimDocument document, SpimDocument extended)
    {
        SpimSetup model = document.Setups[0];
        IReadOnlyList<LevelFolder> levels = folder.Levels(version, model.Id, document.Timepoints.Ids[0]).All();
        if (levels.Count == 0)
        {
            throw new InvalidDataException($"version {version} has no level to take the geometry from");
        }

        LevelInfo[] infos = [.. levels.Select(l => l.Info)];
        foreach (SpimSetup setup in extended.Setups.Skip(document.Setups.Count))
        {
            DatasetTree.WriteSetup(
                folder.VersionPath(version),
                setup.Id,
                document.Timepoints.Ids,
                infos,
                levels[0].VoxelType,
                levels[0].Compression,
                model.VoxelSize ?? [1, 1, 1]);
        }
    }

    /// <summary>
    /// Ids go on after the highest; order is channel, angle, illumination. Each new view is registered as the last of its angle is.
    /// </summary>
    private static SpimDocument Extend(SpimDocument document, int count)
    {
        int channel = document.Setups.Max(s => s.Attribute("channel"));
        int id = document.Setups.Max(s => s.Id);
        SpimSetup model = document.Setups[0];
        int[] angles = [.. document.Setups.Select(s => s.Attribute("angle")).Distinct().Order()];
        int[] illuminations = [.. document.Setups.Select(s => s.Attribute("illumination")).Distinct().Order()];
        List<SpimSetup> added = [];
        List<SpimEntity> channels = [];
        for (int i = 0; i < count; i++)
        {
            channel++;
            channels.Add(new SpimEntity(channel, channel.ToString(CultureInfo.InvariantCulture), []));
            foreach (int angle in angles)
            {
                foreach (int illumination in illuminations)
                {
                    id++;
                    added.Add(model with
                    {
                        Id = id,
                        Name = $"setup{id}",
                        Attributes = new Dictionary<string, int>(model.Attributes)
                        {
                            ["channel"] = channel,
                            ["angle"] = angle,
                            ["illumination"] = illumination,
                        },
                    });
                }
            }
        }

        Dictionary<int, int> angleOf = document.Setups.ToDictionary(s => s.Id, s => s.Attribute("angle"));
        Dictionary<int, string> lastOfAngle = [];
        foreach (SpimRegistration registration in document.Registrations.Where(r => angleOf.ContainsKey(r.Setup)))
        {
            lastOfAngle[angleOf[registration.Setup]] = Affine.Concatenate(registration.Transforms.Select(t => t.Affine));
        }

        return document with
        {
            Setups = [.. document.Setups, .. added],
            Entities = new Dictionary<string, IReadOnlyList<SpimEntity>>(document.Entities)
            {
                ["channel"] = [.. document.Entities["channel"], .. channels],
            },
            Registrations = [.. document.Registrations.Concat(
                from setup in added
                from timepoint in document.Timepoints.Ids
                let affine = lastOfAngle.GetValueOrDefault(setup.Attribute("angle"), Affine.Identity)
                select new SpimRegistration(timepoint, setup.Id, [new SpimTransform(null, affine)])).OrderBy(r => r.Timepoint).ThenBy(r => r.Setup)],
        };
    }
}
