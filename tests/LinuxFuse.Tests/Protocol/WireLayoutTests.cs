using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LinuxFuse.Protocol;

namespace LinuxFuse.Tests.Protocol;

/// <summary>Sizes and offsets as a C compiler gives them for the structs of linux/fuse.h 7.45.</summary>
public class WireLayoutTests
{
    [Theory]
    [InlineData(
        typeof(FuseAttr),
        88,
        "_inode@0 _size@8 _blocks@16 _accessed@24 _modified@32 _changed@40 _accessedNanoseconds@48 _modifiedNanoseconds@52 _changedNanoseconds@56 "
            + "_mode@60 _links@64 _uid@68 _gid@72 _device@76 _blockSize@80 _flags@84")]
    [InlineData(typeof(InHeader), 40, "Length@0 Opcode@4 Unique@8 Node@16 Uid@24 Gid@28 Pid@32 ExtensionLength@36 Padding@38")]
    [InlineData(typeof(OutHeader), 16, "Length@0 Error@4 Unique@8")]
    [InlineData(typeof(InitIn), 64, "Major@0 Minor@4 MaxReadahead@8 Flags@12 Flags2@16")]
    [InlineData(
        typeof(InitOut),
        64,
        "Major@0 Minor@4 MaxReadahead@8 Flags@12 MaxBackground@16 CongestionThreshold@18 MaxWrite@20 TimeGranularity@24 MaxPages@28 MapAlignment@30 "
            + "Flags2@32 MaxStackDepth@36 RequestTimeout@40")]
    [InlineData(typeof(InterruptIn), 8, "Unique@0")]
    [InlineData(
        typeof(EntryOut),
        128,
        "Node@0 Generation@8 EntryValid@16 AttributesValid@24 EntryValidNanoseconds@32 AttributesValidNanoseconds@36 Attributes@40")]
    [InlineData(typeof(AttrOut), 104, "Valid@0 ValidNanoseconds@8 Dummy@12 Attributes@16")]
    [InlineData(typeof(ForgetIn), 8, "Lookups@0")]
    [InlineData(typeof(ForgetOne), 16, "Node@0 Lookups@8")]
    [InlineData(typeof(BatchForgetIn), 8, "Count@0 Dummy@4")]
    [InlineData(typeof(GetAttrIn), 16, "Flags@0 Dummy@4 Handle@8")]
    [InlineData(
        typeof(SetAttrIn),
        88,
        "Valid@0 Padding@4 Handle@8 Size@16 LockOwner@24 Accessed@32 Modified@40 Changed@48 AccessedNanoseconds@56 ModifiedNanoseconds@60 "
            + "ChangedNanoseconds@64 Mode@68 Unused4@72 Uid@76 Gid@80 Unused5@84")]
    [InlineData(typeof(MknodIn), 16, "Mode@0 Device@4 Umask@8 Padding@12")]
    [InlineData(typeof(MkdirIn), 8, "Mode@0 Umask@4")]
    [InlineData(typeof(RenameIn), 8, "NewParent@0")]
    [InlineData(typeof(Rename2In), 16, "NewParent@0 Flags@8 Padding@12")]
    [InlineData(typeof(LinkIn), 8, "Node@0")]
    [InlineData(typeof(AccessIn), 8, "Mask@0 Padding@4")]
    [InlineData(
        typeof(StatFsOut),
        80,
        "Blocks@0 FreeBlocks@8 AvailableBlocks@16 Files@24 FreeFiles@32 BlockSize@40 NameLength@44 FragmentSize@48 Padding@52")]
    [InlineData(typeof(SyncFsIn), 8, "Padding@0")]
    [InlineData(typeof(SetXAttrIn), 8, "Size@0 Flags@4")]
    [InlineData(typeof(GetXAttrIn), 8, "Size@0 Padding@4")]
    [InlineData(typeof(GetXAttrOut), 8, "Size@0 Padding@4")]
    [InlineData(typeof(Dirent), 24, "Inode@0 Next@8 NameLength@16 Type@20")]
    [InlineData(typeof(OpenIn), 8, "Flags@0 OpenFlags@4")]
    [InlineData(typeof(CreateIn), 16, "Flags@0 Mode@4 Umask@8 OpenFlags@12")]
    [InlineData(typeof(OpenOut), 16, "Handle@0 Flags@8 BackingId@12")]
    [InlineData(typeof(CreateOut), 144, "Entry@0 Open@128")]
    [InlineData(typeof(ReleaseIn), 24, "Handle@0 Flags@8 ReleaseFlags@12 LockOwner@16")]
    [InlineData(typeof(FlushIn), 24, "Handle@0 Unused@8 Padding@12 LockOwner@16")]
    [InlineData(typeof(ReadIn), 40, "Handle@0 Offset@8 Size@16 ReadFlags@20 LockOwner@24 Flags@32 Padding@36")]
    [InlineData(typeof(WriteIn), 40, "Handle@0 Offset@8 Size@16 WriteFlags@20 LockOwner@24 Flags@32 Padding@36")]
    [InlineData(typeof(WriteOut), 8, "Size@0 Padding@4")]
    [InlineData(typeof(FsyncIn), 16, "Handle@0 Flags@8 Padding@12")]
    [InlineData(typeof(LockIn), 48, "Handle@0 Owner@8 Lock@16 Flags@40 Padding@44")]
    [InlineData(typeof(LockRange), 24, "Start@0 End@8 Type@16 Pid@20")]
    [InlineData(typeof(IoctlIn), 32, "Handle@0 Flags@8 Command@12 Argument@16 InputSize@24 OutputSize@28")]
    [InlineData(typeof(IoctlOut), 16, "Result@0 Flags@4 InputVectors@8 OutputVectors@12")]
    [InlineData(typeof(PollIn), 24, "Handle@0 KernelHandle@8 Flags@16 Events@20")]
    [InlineData(typeof(PollOut), 8, "Events@0 Padding@4")]
    [InlineData(typeof(FallocateIn), 32, "Handle@0 Offset@8 Length@16 Mode@24 Padding@28")]
    [InlineData(typeof(LseekIn), 24, "Handle@0 Offset@8 Whence@16 Padding@20")]
    [InlineData(typeof(LseekOut), 8, "Offset@0")]
    [InlineData(typeof(CopyFileRangeIn), 56, "HandleIn@0 OffsetIn@8 NodeOut@16 HandleOut@24 OffsetOut@32 Length@40 Flags@48")]
    [InlineData(typeof(CopyFileRangeOut), 8, "Copied@0")]
    [InlineData(typeof(NotifyPollOut), 8, "KernelHandle@0")]
    [InlineData(typeof(NotifyInvalidateInodeOut), 24, "Node@0 Offset@8 Length@16")]
    [InlineData(typeof(NotifyInvalidateEntryOut), 16, "Parent@0 NameLength@8 Flags@12")]
    [InlineData(typeof(NotifyDeleteOut), 24, "Parent@0 Child@8 NameLength@16 Padding@20")]
    [InlineData(typeof(NotifyStoreOut), 24, "Node@0 Offset@8 Size@16 Padding@20")]
    [InlineData(typeof(NotifyRetrieveOut), 32, "NotifyUnique@0 Node@8 Offset@16 Size@24 Padding@28")]
    [InlineData(typeof(NotifyRetrieveIn), 40, "Dummy1@0 Offset@8 Size@16 Dummy2@20 Dummy3@24 Dummy4@32")]
    [InlineData(typeof(NotifyPruneOut), 16, "Count@0 Padding@4 Spare@8")]
    [InlineData(typeof(BackingMap), 16, "Fd@0 Flags@4 Padding@8")]
    public void StructsAreLaidOutAsInTheHeader(Type type, int size, string fields)
    {
        Assert.Equal(size, SizeOf(type));
        Dictionary<string, int> offsets = OffsetsOf(type);
        foreach (string field in fields.Split(' '))
        {
            string[] parts = field.Split('@');
            Assert.Equal((parts[0], int.Parse(parts[1])), (parts[0], offsets[parts[0]]));
        }
    }

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    /// <summary>Sets one field after the other to a pattern and looks where it arrives: works for private fields and inline arrays too.</summary>
    private static Dictionary<string, int> OffsetsOf(Type type) =>
        (Dictionary<string, int>)typeof(WireLayoutTests).GetMethod(nameof(Probe), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, null)!;

    private static Dictionary<string, int> Probe<T>()
        where T : unmanaged
    {
        Dictionary<string, int> offsets = [];
        foreach (FieldInfo field in typeof(T).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            object boxed = default(T);
            object value = Activator.CreateInstance(field.FieldType)!;
            GCHandle pin = GCHandle.Alloc(value, GCHandleType.Pinned);
            Marshal.WriteByte(pin.AddrOfPinnedObject(), 0xAB);
            pin.Free();
            field.SetValue(boxed, value);
            T filled = (T)boxed;
            offsets[field.Name] = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in filled)).IndexOf((byte)0xAB);
        }

        return offsets;
    }
}
