using System.Text;

namespace Ark.Tests.Core;

/// <summary>NumPy's values that are no numbers: names of classes, tables of results.</summary>
public class NumpyConstructorsTests
{
    private const string NoMore = "NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tb";

    [Fact]
    public void Text_is_text() =>
        Assert.Equal("ab", Read($"cnumpy.core.multiarray\nscalar\n{Type("U2", "<", 8)}C\u0008a\0\0\0b\0\0\0\u0086R"));

    [Fact]
    public void Text_of_the_other_byte_order_is_text() =>
        Assert.Equal("ab", Read($"cnumpy.core.multiarray\nscalar\n{Type("U2", ">", 8)}C\u0008\0\0\0a\0\0\0b\u0086R"));

    [Fact]
    public void An_array_of_texts_has_their_bytes()
    {
        var array = Assert.IsType<NumpyArray>(Read(Array("K\u0002\u0085", Type("U1", "<", 4), "C\u0008a\0\0\0b\0\0\0")));
        Assert.Equal(("str32", 2L, 8), (array.DataType, array.Shape[0], array.Data.Length));
    }

    [Fact]
    public void An_array_of_objects_is_a_record_of_them()
    {
        var record = Assert.IsType<PickleRecord>(Read(Array("K\u0002\u0085", Type("O8", "|", -1), "](K\u0001X\u0001\0\0\0ae")));
        Assert.Equal("numpy.ndarray", record.TypeName);
        Assert.Equal([1L, "a"], record.Elements);
    }

    [Fact]
    public void A_structured_array_has_its_bytes()
    {
        var structure = $"cnumpy\ndtype\nX\u0002\0\0\0V8\u0089\u0088\u0087R(K\u0003X\u0001\0\0\0|NX\u0001\0\0\0a\u0085"
            + $"}}X\u0001\0\0\0a{Type("f8", "<", -1)}K\0\u0086sK\u0008K\u0001K\u0010tb";
        var array = Assert.IsType<NumpyArray>(Read(Array("K\u0001\u0085", structure, "C\u0008\0\0\0\0\0\0\0\0")));
        Assert.Equal(("void64", 8), (array.DataType, array.Data.Length));
    }

    [Theory]
    [InlineData("K\u0003\u0085", "O8", "](K\u0001X\u0001\0\0\0ae", "3 objects with 2 objects")]
    [InlineData("K\u0002\u0085", "U1", "C\u0004a\0\0\0", "8 bytes with 4 bytes")]
    [InlineData("K\u0001\u0085", "U9999999", "C\0", "unsupported type")]
    [InlineData("K\u0001\u0085", "O8", "C\u0008\0\0\0\0\0\0\0\0", "not allowed with these arguments")]
    [InlineData("K\u0001\u0085", "f8", "](K\u0001e", "not allowed with these arguments")]
    public void An_array_that_contradicts_itself_is_refused(string shape, string type, string data, string reason) =>
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => Read(Array(shape, Type(type, "<", -1), data))).Message,
            StringComparison.Ordinal);

    private static string Type(string code, string order, sbyte size) =>
        $"cnumpy\ndtype\nX{(char)code.Length}\0\0\0{code}\u0089\u0088\u0087R(K\u0003X\u0001\0\0\0{order}"
        + (size < 0 ? NoMore : $"NNNK{(char)size}K\u0004K\0tb");

    private static string Array(string shape, string type, string data) =>
        $"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085C\u0001b\u0087R(K\u0001{shape}{type}\u0089{data}tb";

    private static object? Read(string opcodes) => PickleTree.Visit("file", new PickleReader(
        new PickleInput("file", "pickle", Encoding.Latin1.GetBytes("\u0080\u0003" + opcodes + ".")), new HashSet<string>(), resolve: null)
        .Read(), (_, tensor) => tensor);
}
