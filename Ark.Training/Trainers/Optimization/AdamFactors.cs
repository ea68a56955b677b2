namespace Ark.Training;

/// <summary>What a step of AdamW multiplies by.</summary>
/// <param name="KeptMean">Of the mean gradient, β₁.</param>
/// <param name="OwnMean">Of the gradient, 1 − β₁.</param>
/// <param name="KeptSquare">Of the mean squared gradient, β₂.</param>
/// <param name="OwnSquare">Of the squared gradient, 1 − β₂.</param>
/// <param name="Root">What the root of the mean squared gradient is divided by.</param>
/// <param name="Epsilon">What is added to it then.</param>
/// <param name="KeptParameter">Of the parameter, after weight decay.</param>
/// <param name="Rate">Of the update, negative.</param>
internal readonly record struct AdamFactors(
    float KeptMean, float OwnMean, float KeptSquare, float OwnSquare, float Root, float Epsilon, float KeptParameter, float Rate);
