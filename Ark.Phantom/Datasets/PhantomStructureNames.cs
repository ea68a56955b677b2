namespace Ark.Phantom;

/// <summary>What files call the phantom's structures.</summary>
internal static class PhantomStructureNames
{
    /// <summary>The folder of a structure's masks.</summary>
    public static string FolderName(this PhantomStructure structure) => structure switch
    {
        PhantomStructure.LeftLung => "left_lung",
        PhantomStructure.RightLung => "right_lung",
        PhantomStructure.Heart => "heart",
        PhantomStructure.LeftClavicle => "left_clavicle",
        PhantomStructure.RightClavicle => "right_clavicle",
        PhantomStructure.LeftRibs => "left_ribs",
        PhantomStructure.RightRibs => "right_ribs",
        _ => throw new ArgumentOutOfRangeException(nameof(structure), structure, "Unknown structure."),
    };
}
