namespace Ark.Training;

/// <summary>The optimisers of the published command lines, under timm's names.</summary>
public enum OptimizerKind
{
    /// <summary>Stochastic gradient descent with Nesterov momentum (timm's <c>sgd</c>).</summary>
    Sgd,

    /// <summary>Stochastic gradient descent with plain momentum (timm's <c>momentum</c>).</summary>
    Momentum,

    /// <summary>Adam with decoupled weight decay.</summary>
    AdamW,
}
