using System.Text;

namespace LinuxFuse.Mounting;

/// <summary>Options as fusermount3 takes them: a list separated by commas, in which a backslash escapes a comma or backslash.</summary>
internal static class HelperOptions
{
    public static string Format(FuseOptions options)
    {
        List<string> list = [$"fsname={Escape(options.Source)}"];
        if (options.Subtype.Length > 0)
            list.Add($"subtype={Escape(options.Subtype)}");
        AddIf(options.ReadOnly, "ro");
        AddIf(options.AllowOther, "allow_other");
        AddIf(options.DefaultPermissions, "default_permissions");

        // nosuid and nodev are always on for users; asking for the opposite would be in vain.
        AddIf(options.NoSuid, "nosuid");
        AddIf(options.NoDevices, "nodev");
        AddIf(options.NoExecute, "noexec");
        AddIf(options.NoAccessTime, "noatime");
        return string.Join(',', list);

        void AddIf(bool condition, string option)
        {
            if (condition)
                list.Add(option);
        }
    }

    private static string Escape(string text)
    {
        StringBuilder result = new();
        foreach (char c in text)
        {
            if (c is ',' or '\\')
                result.Append('\\');
            result.Append(c);
        }

        return result.ToString();
    }
}
