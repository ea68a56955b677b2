namespace Ark.Phantom;

/// <summary>
/// The phantom as a dataset for segmentation: the pictures of all four datasets in one, with the outlines that they were rendered from.
/// Written where masks are wanted.
/// </summary>
internal static class PhantomSegmentation
{
    /// <summary>The catalogue's file name.</summary>
    public const string FileName = "segmentation.yaml";

    /// <summary>The catalogue, with what trains on it in a few minutes.</summary>
    public const string Catalogue = """
        # Chest radiograph phantoms with masks: rendered pictures, not patients. Paths are relative to this file.
        training:
          arch: swin_mini_patch8_window4_64
          img-size: 128
          decoder: detailed
          loss: dice-ce
          opt: adamw
          lr: 0.002
          weight-decay: 0.01
          epochs: 20
          warmup-epochs: 1
          batch-size: 16
          patience: 0
          vary-quality: true

        PhantomSegmentation:
          data_dir: .
          train_list: segmentation_train.txt
          val_list: segmentation_val.txt
          test_list: segmentation_test.txt
          task_type: segmentation
          structures: [lungs, heart, clavicles, ribs]
          adapter: mask-folder
          settings:
            image_path: '{folder}/images/{file}'
            mask_path: '{folder}/masks/{structure}/{file}'
            patient_pattern: '[A-Za-z]+/patient[0-9]+'
            parts: {lungs: left_lung+right_lung, clavicles: left_clavicle+right_clavicle, ribs: left_ribs+right_ribs}

        """;

    /// <summary>Images of the embedded dataset: enough to learn from, rendered in half a minute.</summary>
    public static PhantomDatasetOptions Embedded { get; } = new() { Count = 1600, Seed = 1, Masks = true };

    /// <summary>Writes catalogue and lists beside the datasets.</summary>
    /// <param name="root">The folder of the datasets.</param>
    /// <param name="plans">The pictures of each.</param>
    public static void Write(string root, IReadOnlyList<List<PhantomCase>> plans)
    {
        foreach (var split in Enum.GetValues<DatasetSplit>())
        {
            var rows = plans.SelectMany((
                plan, k) => plan.Where(c => c.Split == split).Select(c => $"{PhantomPlan.Cohorts[k].Name}/{c.FileName}\n"));
            PhantomCatalogue.WriteText(Path.Combine(root, $"segmentation_{PhantomCatalogue.WordOf(split)}.txt"), string.Concat(rows));
        }

        PhantomCatalogue.WriteText(Path.Combine(root, FileName), Catalogue);
    }
}
