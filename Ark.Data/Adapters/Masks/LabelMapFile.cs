namespace Ark.Data;

/// <summary>Masks as one picture whose grey values name the structures; 0 is none.</summary>
/// <param name="file">The picture.</param>
/// <param name="values">What each value means.</param>
internal sealed class LabelMapFile(string file, LabelValues values) : MaskSource
{
    public override string Name => file;

    internal override IEnumerable<(string Name, float[] Values)> Origin => [(file, values.Origin)];

    public override StructureMap Load(IImageDecoder decoder, int width, int height)
    {
        var mask = decoder.DecodeFile(file);
        MaskFiles.RequireGray(mask, file);
        if ((mask.Width, mask.Height) != (width, height)) throw MaskFiles.WrongSize(file, mask, width, height);
        var map = new StructureMap(width, height);
        for (var i = 0; i < mask.Pixels.Length; i++)
        {
            var value = mask.Pixels[i];
            if (value == 0) continue;
            if (values.StructureOf(value) is >= 0 and var structure) map.Add(structure, i);
            else if (values.IsUnknown(value)) map.Ignore(i, StructureMap.Every);
            else
                throw new ArkInputException(
                    file, $"pixel ({i % width}, {i / width})", $"has the value {value}, which is no structure's", values.Hint);
        }

        return map;
    }
}
