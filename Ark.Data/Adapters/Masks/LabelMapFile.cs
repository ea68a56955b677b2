namespace Ark.Data;

/// <summary>Masks as one picture whose grey values name the structures; 0 is none.</summary>
/// <param name="file">The picture.</param>
/// <param name="values">The value of each structure.</param>
internal sealed class LabelMapFile(string file, IReadOnlyList<byte> values) : MaskSource
{
    public override string Name => file;

    internal override IEnumerable<(string Name, float[] Values)> Origin => [(file, [.. values.Select(v => (float)v)])];

    public override StructureMap Load(IImageDecoder decoder, int width, int height)
    {
        var mask = decoder.DecodeFile(file);
        MaskFiles.RequireGray(mask, file);
        if ((mask.Width, mask.Height) != (width, height)) throw MaskFiles.WrongSize(file, mask, width, height);
        var structures = new int[256];
        Array.Fill(structures, -1);
        for (var k = 0; k < values.Count; k++) structures[values[k]] = k;
        var map = new StructureMap(width, height);
        for (var i = 0; i < mask.Pixels.Length; i++)
        {
            var value = mask.Pixels[i];
            if (value == 0) continue;
            if (structures[value] < 0)
            {
                throw new ArkInputException(file, $"pixel ({i % width}, {i / width})", $"has the value {value}, which is no structure's",
                    $"The values are {string.Join(", ", values)}; name others under 'settings: {{values: {{STRUCTURE: VALUE}}}}'.");
            }

            map.Add(structures[value], i);
        }

        return map;
    }
}
