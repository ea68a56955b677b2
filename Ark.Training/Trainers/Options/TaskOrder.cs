namespace Ark.Training;

/// <summary>How the datasets of a run share its epochs.</summary>
public enum TaskOrder
{
    /// <summary>One after the other, in the order of the run: what Ark does.</summary>
    Cyclic,

    /// <summary>One after the other, in an order that is drawn anew for each epoch.</summary>
    Shuffled,

    /// <summary>All at once: every step draws from all datasets, from each as many images as its share of all images.</summary>
    Concurrent,

    /// <summary>
    /// One after the other, on one head of the merged labels; labels are the same where their names are, whatever their case, spaces and
    /// underscores.
    /// </summary>
    SingleHead,
}
