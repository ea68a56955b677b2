namespace Ark.Phantom;

/// <summary>How the quick start trains on the phantom: the section <c>training</c> of the catalogue that is written beside it.</summary>
internal static class PhantomTraining
{
    /// <summary>The section, as YAML.</summary>
    public const string Yaml = """
        training:
          recipe: ark-plus
          arch: swin_mini_patch8_window4_64
          img-size: 64
          epochs: 40
          batch-size: 16
          opt: adamw
          lr: 0.0002
          warmup-epochs: 1
          warmup-lr: 0.00005
          clip-grad: 1
          ema-mode: iteration
          projector-features: 192
          smallest-crop: 0.9
          test-epoch: 20

        """;
}
