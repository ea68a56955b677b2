using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>What a caller may have done to one parameter of a module before handing it over.</summary>
public enum ParameterFault
{
    Wider,
    Float16,
    BFloat16,
    Whole,
    Transposed,
    EveryOther,
    Expanded,
    Offset,
    Larger,
    Flat,
    Empty,
    Disposed,
    Meta,
    Sparse,
    Gradient,
}

/// <summary>Does it.</summary>
internal static class ParameterFaults
{
    /// <summary>Whether the numbers are still there, in a tensor of the right shape.</summary>
    public static bool CanBeRead(this ParameterFault fault) =>
        fault is not (ParameterFault.Larger or ParameterFault.Flat or ParameterFault.Empty or ParameterFault.Disposed
            or ParameterFault.Meta);

    /// <summary>How far a result may be from that of dense numbers in single precision.</summary>
    public static double ToleranceOf(this ParameterFault fault) => fault switch
    {
        ParameterFault.Float16 => 1e-2,
        ParameterFault.BFloat16 => 5e-2,
        _ => 1e-5,
    };

    /// <summary>Changes a parameter.</summary>
    /// <param name="module">The module that has it, somewhere.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="fault">What to do to it.</param>
    /// <returns>Whether it can be done to this one.</returns>
    public static bool Apply(nn.Module module, string name, ParameterFault fault)
    {
        using var off = no_grad();
        var parameter = module.get_parameter(name)!;
        switch (fault)
        {
            case ParameterFault.Transposed when parameter.dim() < 2:
                return false;
            case ParameterFault.Transposed:
                parameter.set_(parameter.transpose(0, 1).contiguous().transpose(0, 1));
                return true;
            case ParameterFault.EveryOther:
                var room = full([.. parameter.shape, 2], float.NaN).select(parameter.dim(), 1);
                parameter.set_(room.copy_(parameter));
                return true;
            case ParameterFault.Expanded:
                parameter.set_(parameter.narrow(0, 0, 1).clone().expand(parameter.shape));
                return true;
            case ParameterFault.Offset:
                parameter.set_(cat([full([3], float.NaN), parameter.flatten()]).narrow(0, 3, parameter.numel()).view(parameter.shape));
                return true;
            case ParameterFault.Larger:
                parameter.set_(ones([parameter.shape[0] + 1, .. parameter.shape[1..]]));
                return true;
            case ParameterFault.Flat when parameter.dim() < 2:
                return false;
            case ParameterFault.Flat:
                parameter.set_(parameter.flatten().clone());
                return true;
            case ParameterFault.Empty:
                parameter.set_(zeros([0, .. parameter.shape[1..]]));
                return true;
            case ParameterFault.Disposed:
                parameter.Dispose();
                return true;
            case ParameterFault.Gradient:
                parameter.requires_grad = !parameter.requires_grad;
                return true;
            case ParameterFault.Wider:
                return Replace(module, name, parameter.to(ScalarType.Float64));
            case ParameterFault.Float16:
                return Replace(module, name, parameter.to(ScalarType.Float16));
            case ParameterFault.BFloat16:
                return Replace(module, name, parameter.to(ScalarType.BFloat16));
            case ParameterFault.Whole:
                return Replace(module, name, parameter.to(ScalarType.Int64));
            case ParameterFault.Meta:
                return Replace(module, name, parameter.to(META));
            case ParameterFault.Sparse:
                return Replace(module, name, parameter.to_sparse());
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }
    }

    // TorchSharp lets a parameter be exchanged only where its layer has a property for it.
    private static bool Replace(nn.Module module, string name, Tensor value)
    {
        var dot = name.LastIndexOf('.');
        var (path, last) = dot < 0 ? ("", name) : (name[..dot], name[(dot + 1)..]);
        var owner = path.Length == 0 ? module : module.named_modules().Single(m => m.name == path).module;
        switch (owner, last)
        {
            case (Linear layer, "weight"):
                layer.weight = New();
                return true;
            case (Linear layer, "bias"):
                layer.bias = New();
                return true;
            case (LayerNorm layer, "weight"):
                layer.weight = New();
                return true;
            case (LayerNorm layer, "bias"):
                layer.bias = New();
                return true;
            case (Convolution layer, "weight"):
                layer.weight = New();
                return true;
            case (Convolution layer, "bias"):
                layer.bias = New();
                return true;
            default:
                if (value.is_sparse || !value.is_floating_point()) return false;
                // The layer's other parameters go with it.
                if (value.device_type == DeviceType.META) owner.to(META);
                else owner.to(value.dtype);
                return true;
        }

        Parameter New()
        {
            var parameter = new Parameter(value, requires_grad: false);
            parameter.DetachFromDisposeScope();
            return parameter;
        }
    }
}
