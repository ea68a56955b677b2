using System.Text;

namespace Ark.Tests.Core;

/// <summary>What people put beside their weights is kept as records, and never made.</summary>
public class InertClassesTests
{
    [Theory]
    [InlineData("c__builtin__\nxrange\nK\u0001K\u0004K\u0001\u0087R", "__builtin__.xrange")]
    [InlineData("cbuiltins\nslice\nK\u0001K\u0002N\u0087R", "builtins.slice")]
    [InlineData("c__builtin__\nEllipsis\n", "__builtin__.Ellipsis")]
    [InlineData("cdatetime\ntimezone\ncdatetime\ntimedelta\nK\0K\0K\0\u0087R\u0085R", "datetime.timezone")]
    [InlineData("cuuid\nUUID\n)\u0081}X\u0003\0\0\0intK\u0005sb", "uuid.UUID")]
    [InlineData("cdecimal\nDecimal\nX\u0003\0\0\01.5\u0085R", "decimal.Decimal")]
    [InlineData("cfractions\nFraction\nK\u0001K\u0002\u0086R", "fractions.Fraction")]
    [InlineData("cpathlib\nPureWindowsPath\nX\u0001\0\0\0a\u0085R", "pathlib.PureWindowsPath")]
    [InlineData("ccollections\nChainMap\n)\u0081}X\u0004\0\0\0maps]sb", "collections.ChainMap")]
    [InlineData("ctime\nstruct_time\n(K\u0001K\u0002t}\u0086R", "time.struct_time")]
    [InlineData("ctorch.serialization\n_get_layout\nX\u000d\0\0\0torch.strided\u0085R", "torch.serialization._get_layout")]
    [InlineData("ctorch\nchannels_last\n", "torch.channels_last")]
    [InlineData("ctorch\ndevice\nX\u0003\0\0\0cpu\u0085R", "torch.device")]
    [InlineData("cmmengine.config.config\nConfigDict\n)\u0081X\u0001\0\0\0aK\u0001s", "mmengine.config.config.ConfigDict")]
    [InlineData("cml_collections.config_dict.config_dict\nConfigDict\n)\u0081}b", "ml_collections.config_dict.config_dict.ConfigDict")]
    [InlineData("cpytorch_lightning.utilities.parsing\nAttributeDict\n)R", "pytorch_lightning.utilities.parsing.AttributeDict")]
    [InlineData("cnumpy.random._pickle\n__generator_ctor\nX\u0005\0\0\0PCG64\u0085R", "numpy.random._pickle.__generator_ctor")]
    public void A_value_type_of_others_becomes_a_record(string opcodes, string type) =>
        Assert.Equal(type, Assert.IsType<PickleRecord>(Read(opcodes)).TypeName);

    [Fact]
    public void Settings_that_refer_to_what_they_are_part_of_come_to_an_end()
    {
        // An omegaconf configuration in another one, which is its parent.
        const string outer = "comegaconf.dictconfig\nDictConfig\n)\u0081q\0}(X\u0008\0\0\0_contentcomegaconf.dictconfig\nDictConfig\n"
            + ")\u0081}X\u0007\0\0\0_parenth\0sbub";
        var record = Assert.IsType<PickleRecord>(Read(outer));
        var inner = Assert.IsType<PickleRecord>(Assert.IsType<PickleDictionary>(record.State)["_content"]);
        var parent = Assert.IsType<PickleRecord>(Assert.IsType<PickleDictionary>(inner.State)["_parent"]);
        Assert.Equal(("omegaconf.dictconfig.DictConfig", null), (parent.TypeName, parent.State));
    }

    [Fact]
    public void What_Python_can_hash_is_a_key_or_a_member()
    {
        var root = Assert.IsType<PickleDictionary>(Read(
            "}(NK\u0001ctorch\nfloat32\nK\u0002cnumpy\nfloat64\nK\u0003cdecimal\nDecimal\nX\u0001\0\0\01\u0085RK\u0004u"));
        Assert.Equal(["NoneType", "torch.float32", "numpy.float64", "decimal.Decimal"], root.Keys.Select(k => k.ToString()));
        var set = Assert.IsType<PickleSet>(Read("cbuiltins\nfrozenset\n]ctorch\nfloat32\na\u0085R"));
        Assert.Equal("torch.float32", Assert.Single(set).ToString());
    }

    [Theory]
    [InlineData("cbuiltins\ntype\nN\u0085R", "builtins.type")]
    [InlineData("cbuiltins\ngetattr\n", "builtins.getattr")]
    [InlineData("cpathlib\nos.system\n", "pathlib.os.system")]
    [InlineData("cdatetime\n__import__\n", "datetime.__import__")]
    [InlineData("cnumpy\nload\n", "numpy.load")]
    [InlineData("coperator\nattrgetter\n", "operator.attrgetter")]
    [InlineData("cfunctools\npartial\n", "functools.partial")]
    [InlineData("cre\ncompile\n", "re.compile")]
    public void Their_neighbors_are_refused_and_the_refusal_says_how_a_name_is_allowed(string opcodes, string name)
    {
        var refusal = Assert.Throws<CheckpointException>(() => Read(opcodes));
        Assert.Contains($"'{name}', which is not allowed", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'InertNames'", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_allowed_may_give_something_that_is_called()
    {
        var record = Assert.IsType<PickleRecord>(Read(
            "cbuiltins\ngetattr\nczoneinfo\nZoneInfo\nX\u0009\0\0\0_unpickle\u0086RX\u0003\0\0\0UTCK\u0001\u0086R",
            "builtins.getattr"));
        Assert.Equal("UTC", record.Arguments![0]);
    }

    private static object? Read(string opcodes, params string[] inert) => PickleTree.Visit("file", new PickleReader(
        new PickleInput("file", "pickle", Encoding.Latin1.GetBytes("\u0080\u0002" + opcodes + ".")), inert.ToHashSet(), resolve: null)
        .Read(), (_, tensor) => tensor);
}
