namespace Ark;

/// <summary>
/// Classes and functions whose results people put beside their weights: settings, paths, times, states of generators. What a file says of
/// such an object is kept as a <see cref="PickleRecord"/>; nothing of theirs is imported, made or run.
/// </summary>
internal static class InertClasses
{
    // Names that may be called.
    private static readonly (string Module, string Names)[] Called =
    [
        ("argparse", "Namespace"),
        ("array", "array _array_reconstructor"),
        ("collections", "ChainMap UserDict UserList UserString"),
        ("UserDict", "UserDict IterableUserDict"),
        ("UserList", "UserList"),
        ("UserString", "UserString"),
        ("datetime", "datetime date time timedelta timezone"),
        ("decimal", "Decimal Context"),
        ("fractions", "Fraction"),
        ("ipaddress", "IPv4Address IPv6Address IPv4Network IPv6Network IPv4Interface IPv6Interface"),
        ("pathlib", "Path PurePath PosixPath WindowsPath PurePosixPath PureWindowsPath"),
        ("pathlib._local", "Path PurePath PosixPath WindowsPath PurePosixPath PureWindowsPath"),
        ("platform", "uname_result"),
        ("random", "Random"),
        ("re", "_compile"),
        ("time", "struct_time"),
        ("types", "SimpleNamespace"),
        ("uuid", "UUID SafeUUID"),
        ("zoneinfo", "ZoneInfo ZoneInfo._unpickle"),
        ("dateutil.tz.tz", "tzutc tzlocal tzoffset"),
        ("pytz", "_UTC _p"),
        ("numpy.ma.core", "_mareconstruct MaskedArray"),
        ("numpy.random._pickle", "__randomstate_ctor __generator_ctor __bit_generator_ctor"),
        ("pandas._libs.tslibs.timestamps", "_unpickle_timestamp Timestamp"),
        ("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle Timedelta"),
        ("torch.torch_version", "TorchVersion"),
        ("torch.serialization", "_get_layout"),
        ("torch._C", "Generator"),
        ("addict.addict", "Dict"),
        ("attrdict.dictionary", "AttrDict"),
        ("attrdict", "AttrDict"),
        ("box.box", "Box"),
        ("dotmap", "DotMap"),
        ("easydict", "EasyDict"),
        ("munch", "Munch DefaultMunch"),
        ("yacs.config", "CfgNode"),
        ("fvcore.common.config", "CfgNode"),
        ("detectron2.config.config", "CfgNode"),
        ("ml_collections.config_dict.config_dict", "ConfigDict FrozenConfigDict FieldReference"),
        ("mmcv.utils.config", "Config ConfigDict"),
        ("mmengine.config.config", "Config ConfigDict"),
        ("mmengine.logging.message_hub", "MessageHub"),
        ("mmengine.logging.history_buffer", "HistoryBuffer"),
        ("omegaconf.base", "ContainerMetadata Metadata Node Container UnionNode SCMode"),
        ("omegaconf.dictconfig", "DictConfig"),
        ("omegaconf.listconfig", "ListConfig"),
        ("omegaconf.nodes",
            "AnyNode StringNode IntegerNode FloatNode BooleanNode EnumNode BytesNode PathNode InterpolationResultNode ValueNode"),
        ("pytorch_lightning.utilities.parsing", "AttributeDict"),
        ("lightning.pytorch.utilities.parsing", "AttributeDict"),
        ("lightning.fabric.utilities.data", "AttributeDict"),
        ("lightning_fabric.utilities.data", "AttributeDict"),
    ];

    // Names that are values by themselves.
    private static readonly (string Module, string Names)[] Referred =
    [
        ("builtins", "Ellipsis NotImplemented"),
        ("__builtin__", "Ellipsis NotImplemented unicode long"),
        ("types", "NoneType"),
        ("typing", "Any Union Optional Dict List Tuple Set Callable"),
        ("numpy", "str_ bytes_ bool_ bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 "
            + "object_ void record recarray memmap matrix datetime64 timedelta64"),
        ("numpy.random._mt19937", "MT19937"),
        ("numpy.random._pcg64", "PCG64 PCG64DXSM"),
        ("numpy.random._philox", "Philox"),
        ("numpy.random._sfc64", "SFC64"),
        ("torch", "contiguous_format preserve_format channels_last channels_last_3d strided sparse_coo sparse_csr sparse_csc sparse_bsr "
            + "sparse_bsc per_tensor_affine per_channel_affine per_tensor_symmetric per_channel_symmetric "
            + "per_channel_affine_float_qparams"),
    ];

    // As they are, and as Python 2 named them, which is what protocol 2 writes.
    private static readonly (string Module, string Names)[] Ranges =
    [
        ("builtins", "range slice"),
        ("__builtin__", "range xrange slice"),
    ];

    /// <summary>The names whose calls become records.</summary>
    public static IEnumerable<(string Module, string Name)> Calls => Expand([.. Called, .. Ranges]);

    /// <summary>The names that may be referred to, and not called.</summary>
    public static IEnumerable<(string Module, string Name)> References => Expand(Referred);

    private static IEnumerable<(string Module, string Name)> Expand(IEnumerable<(string Module, string Names)> list) =>
        list.SelectMany(l => l.Names.Split(' ').Select(n => (l.Module, n)));
}
