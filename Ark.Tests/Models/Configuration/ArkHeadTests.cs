using Ark.Models;

namespace Ark.Tests.Models;

/// <summary>Heads with labels and without.</summary>
public sealed class ArkHeadTests
{
    [Theory]
    [InlineData(2, "[output 0]", "[output 1]")]
    [InlineData(0, "[output 0]")]
    public void Labels_are_numbered_when_they_are_not_known(int outputs, params string[] names)
    {
        var head = new ArkHead("a", outputs);
        Assert.Equal((outputs, false, LabelTask.MultiLabel), (head.Outputs, head.HasKnownLabels, head.Labels.Task));
        Assert.Equal(names, head.Labels.Names);
    }

    [Fact]
    public void Heads_are_equal_when_name_outputs_and_labels_are()
    {
        var head = new ArkHead("a", Schema("x", "y"));
        Assert.Equal(head, new ArkHead("a", Schema("x", "y")));
        Assert.Equal(head.GetHashCode(), new ArkHead("a", Schema("x", "y")).GetHashCode());
        Assert.All<ArkHead>(
            [
                new("b", Schema("x", "y")), new("a", Schema("y", "x")), new("a", new LabelSchema(LabelTask.MultiClass, ["x", "y"])),
                new("a", 2)
            ],
            other => Assert.NotEqual(head, other));
        var asked = new ArkHead("a", 2);
        Assert.Equal(2, asked.Labels.Count);
        Assert.Equal(new ArkHead("a", 2), asked);
    }

    private static LabelSchema Schema(params string[] names) => new(LabelTask.MultiLabel, names);
}
