// What tch 0.26 does not offer, as plain C functions.
//
// Every function but `nasc_last_error` returns 0, or -1 after an error whose first line `nasc_last_error` then gives
// (per thread). No exception leaves this file. Tensors are borrowed; what is written to an `out` belongs to the caller.
// The Rust side is `src/torch/shim.rs`.

#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_clamp_max.h>
#include <ATen/ops/_foreach_clamp_min.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

thread_local std::string last_error;

// What this thread draws from, one generator per device: libtorch's own are shared by all threads of the process.
thread_local uint64_t seed_of_draws = 0;
thread_local std::vector<at::Generator> generators;

at::Generator& generator_on(at::Device device) {
  for (auto& generator : generators) {
    if (generator.device() == device) return generator;
  }
  generators.push_back(at::globalContext().defaultGenerator(device).clone());
  generators.back().set_current_seed(seed_of_draws);
  return generators.back();
}

template <typename Body>
int guarded(Body body) {
  try {
    body();
    return 0;
  } catch (const c10::Error& error) {
    last_error = error.what_without_backtrace();
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "an unknown C++ exception";
  }
  return -1;
}

std::vector<at::Tensor> defined_gradients(at::Tensor* const* parameters, int64_t count) {
  std::vector<at::Tensor> gradients;
  gradients.reserve(count);
  for (int64_t i = 0; i < count; i++) {
    const auto& gradient = parameters[i]->grad();
    if (gradient.defined()) gradients.push_back(gradient);
  }
  return gradients;
}

bool same_layout(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  for (int64_t d = 0; d < a.dim(); d++) {
    if (a.size(d) > 1 && a.stride(d) != b.stride(d)) return false;
  }
  return true;
}

// The fused kernels walk the memory of all their operands alike and check nothing.
at::Tensor laid_out_like(const at::Tensor& model, const at::Tensor& tensor) {
  if (same_layout(model, tensor)) return tensor;
  TORCH_CHECK(model.sizes() == tensor.sizes(), "a state of shape ", tensor.sizes(), " for a parameter of shape ",
              model.sizes());
  return at::empty_like(model).copy_(tensor);
}

void check_dense(const at::Tensor& parameter) {
  TORCH_CHECK(parameter.is_non_overlapping_and_dense(), "a parameter is a view that skips or repeats memory");
}

// A state of a parameter, which begins with `first` in every element.
const at::Tensor& begun(at::Tensor& state, const at::Tensor& parameter, double first) {
  state = state.defined() ? laid_out_like(parameter, state) : at::full_like(parameter, first);
  return state;
}

struct SgdLists {
  std::vector<at::Tensor> parameters, gradients, buffers;

  void step(double rate, double momentum, double decay, bool nesterov, bool first) const {
    if (parameters.empty()) return;
    at::_fused_sgd_(parameters, gradients, buffers, decay, momentum, rate, /*dampening=*/0.0, nesterov,
                    /*maximize=*/false, first);
  }
};

// The sign, with the slope 2 - 2|x| inside -1..1 and none outside. One tensor is kept for the backward pass; written as
// differences of differentiable operations it would be four, and several times the passes over memory.
struct SignThroughParabola : torch::autograd::Function<SignThroughParabola> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input) {
    context->save_for_backward({input});
    return input.sign();
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    auto slope = context->get_saved_variables()[0].abs().clamp_max_(1.0).mul_(-2.0).add_(2.0);
    return {slope.mul_(gradients[0])};
  }
};

}  // namespace

extern "C" {

const char* nasc_last_error() { return last_error.c_str(); }

// One SGD step over those parameters that have a gradient. `buffers[i]` is undefined until its parameter's first step
// and is never touched where `momentum` is zero.
int nasc_sgd_step(at::Tensor* const* parameters, at::Tensor* const* buffers, int64_t count, double rate,
                  double momentum, double decay, int nesterov) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    // The kernel's flag for a first step holds for a whole list, so first steps go in a list of their own.
    SgdLists first, later;
    for (int64_t i = 0; i < count; i++) {
      const at::Tensor& parameter = *parameters[i];
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      check_dense(parameter);
      const bool is_first = momentum != 0.0 && !buffers[i]->defined();
      SgdLists& lists = is_first ? first : later;
      if (momentum != 0.0) {
        *buffers[i] = is_first ? at::empty_like(parameter) : laid_out_like(parameter, *buffers[i]);
        lists.buffers.push_back(*buffers[i]);
      }
      lists.parameters.push_back(parameter);
      lists.gradients.push_back(laid_out_like(parameter, gradient));
    }
    first.step(rate, momentum, decay, nesterov != 0, true);
    later.step(rate, momentum, decay, nesterov != 0, false);
  });
}

// One step of Adam, or with `decoupled` of AdamW, over those parameters that have a gradient. The states of a parameter are
// undefined until its first step; its own number of steps is one of them.
int nasc_adam_step(at::Tensor* const* parameters, at::Tensor* const* means, at::Tensor* const* squares,
                   at::Tensor* const* steps, int64_t count, double rate, double beta1, double beta2, double eps,
                   double decay, int decoupled) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    std::vector<at::Tensor> moved, gradients, mean, square, step;
    for (int64_t i = 0; i < count; i++) {
      const at::Tensor& parameter = *parameters[i];
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      check_dense(parameter);
      if (!steps[i]->defined()) *steps[i] = at::zeros({}, parameter.options().dtype(at::kFloat));
      moved.push_back(parameter);
      gradients.push_back(laid_out_like(parameter, gradient));
      mean.push_back(begun(*means[i], parameter, 0.0));
      square.push_back(begun(*squares[i], parameter, 0.0));
      step.push_back(*steps[i]);
    }
    if (moved.empty()) return;
    at::_foreach_add_(step, 1.0);
    if (decoupled != 0) {
      at::_fused_adamw_(moved, gradients, mean, square, {}, step, rate, beta1, beta2, decay, eps, /*amsgrad=*/false,
                        /*maximize=*/false);
    } else {
      at::_fused_adam_(moved, gradients, mean, square, {}, step, rate, beta1, beta2, decay, eps, /*amsgrad=*/false,
                       /*maximize=*/false);
    }
  });
}

// One step of RMSprop over those parameters that have a gradient. `means` are touched only where `centred`, `buffers` only
// where `momentum` is not zero. `tensorflow` puts `eps` into the root and the rate into the buffers, and lets the mean
// squares begin at one.
int nasc_rmsprop_step(at::Tensor* const* parameters, at::Tensor* const* squares, at::Tensor* const* means,
                      at::Tensor* const* buffers, int64_t count, double rate, double smoothing, double momentum,
                      double eps, double decay, int centred, int tensorflow) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    std::vector<at::Tensor> moved, gradients, square, mean, buffer;
    for (int64_t i = 0; i < count; i++) {
      const at::Tensor& parameter = *parameters[i];
      const at::Tensor& gradient = parameter.grad();
      if (!gradient.defined()) continue;
      check_dense(parameter);
      moved.push_back(parameter);
      gradients.push_back(laid_out_like(parameter, gradient));
      square.push_back(begun(*squares[i], parameter, tensorflow != 0 ? 1.0 : 0.0));
      if (centred != 0) mean.push_back(begun(*means[i], parameter, 0.0));
      if (momentum != 0.0) buffer.push_back(begun(*buffers[i], parameter, 0.0));
    }
    if (moved.empty()) return;
    if (decay != 0.0) gradients = at::_foreach_add(gradients, moved, decay);
    at::_foreach_mul_(square, smoothing);
    at::_foreach_addcmul_(square, gradients, gradients, 1.0 - smoothing);
    auto root = square;
    if (centred != 0) {
      at::_foreach_lerp_(mean, gradients, 1.0 - smoothing);
      root = at::_foreach_addcmul(square, mean, mean, -1.0);
    }
    if (tensorflow != 0) root = at::_foreach_add(root, eps);
    root = at::_foreach_sqrt(root);
    if (tensorflow == 0) at::_foreach_add_(root, eps);
    if (momentum == 0.0) {
      at::_foreach_addcdiv_(moved, gradients, root, -rate);
      return;
    }
    at::_foreach_mul_(buffer, momentum);
    at::_foreach_addcdiv_(buffer, gradients, root, tensorflow != 0 ? rate : 1.0);
    at::_foreach_add_(moved, buffer, tensorflow != 0 ? -1.0 : -rate);
  });
}

// Gives those parameters that have no gradient one of zero.
int nasc_fill_gradients(at::Tensor* const* parameters, int64_t count) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    for (int64_t i = 0; i < count; i++) {
      if (!parameters[i]->grad().defined()) parameters[i]->mutable_grad() = at::zeros_like(*parameters[i]);
    }
  });
}

// Drops the gradients, so that they are undefined and not zero.
int nasc_drop_gradients(at::Tensor* const* parameters, int64_t count) {
  return guarded([&] {
    for (int64_t i = 0; i < count; i++) parameters[i]->mutable_grad().reset();
  });
}

// The joint Euclidean norm of the defined gradients; 0 where none is.
int nasc_gradient_norm(at::Tensor* const* parameters, int64_t count, double* norm) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    auto gradients = defined_gradients(parameters, count);
    *norm = gradients.empty()
                ? 0.0
                : at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients))).to(at::kCPU, at::kDouble).item<double>();
  });
}

int nasc_scale_gradients(at::Tensor* const* parameters, int64_t count, double factor) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    auto gradients = defined_gradients(parameters, count);
    if (!gradients.empty()) at::_foreach_mul_(gradients, factor);
  });
}

int nasc_clamp_gradients(at::Tensor* const* parameters, int64_t count, double limit) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    auto gradients = defined_gradients(parameters, count);
    if (gradients.empty()) return;
    at::_foreach_clamp_min_(gradients, -limit);
    at::_foreach_clamp_max_(gradients, limit);
  });
}

// Shortens every unit of the gradients (what belongs to one index of the first axis, or a vector as a whole) to `factor` times
// the length of the parameter's unit, which counts as `least` where it is less. Shorter ones keep every bit.
int nasc_clip_units(at::Tensor* const* parameters, int64_t count, double factor, double least) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    for (int64_t i = 0; i < count; i++) {
      const at::Tensor& parameter = *parameters[i];
      auto& gradient = parameter.mutable_grad();
      if (!gradient.defined()) continue;
      std::vector<int64_t> axes;
      for (int64_t axis = parameter.dim() > 1 ? 1 : 0; axis < parameter.dim(); axis++) axes.push_back(axis);
      const auto length = [&](const at::Tensor& tensor) {
        return at::linalg_vector_norm(tensor, 2, at::IntArrayRef(axes), /*keepdim=*/true);
      };
      const auto limit = length(parameter).clamp_min_(least).mul_(factor);
      const auto found = length(gradient);
      const auto shrunk = limit.div(found.clamp_min(1e-6));
      gradient.mul_(at::where(found.lt(limit), at::ones_like(shrunk), shrunk));
    }
  });
}

// Moves each of `averages` the share `by` of its way to the tensor of `towards`.
int nasc_draw_near(at::Tensor* const* averages, at::Tensor* const* towards, int64_t count, double by) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    if (count == 0) return;
    std::vector<at::Tensor> moved, ends;
    for (int64_t i = 0; i < count; i++) {
      moved.push_back(*averages[i]);
      ends.push_back(laid_out_like(*averages[i], *towards[i]));
    }
    at::_foreach_lerp_(moved, ends, by);
  });
}

// Channels-last of a 4-D or 5-D tensor, the tensor itself for every other rank. Differentiable.
int nasc_channels_last(const at::Tensor* tensor, at::Tensor** out) {
  return guarded([&] {
    const auto format = tensor->dim() == 4   ? at::MemoryFormat::ChannelsLast
                        : tensor->dim() == 5 ? at::MemoryFormat::ChannelsLast3d
                                             : at::MemoryFormat::Preserve;
    *out = new at::Tensor(format == at::MemoryFormat::Preserve ? *tensor : tensor->contiguous(format));
  });
}

// Whether the memory runs channels-last and is not contiguous as well (as with one channel or 1x1 pixels).
int nasc_is_channels_last(const at::Tensor* tensor, int* answer) {
  return guarded([&] {
    *answer = !tensor->is_contiguous() && (tensor->is_contiguous(at::MemoryFormat::ChannelsLast) ||
                                           tensor->is_contiguous(at::MemoryFormat::ChannelsLast3d));
  });
}

// The sign of every element; its gradient is that of a parabola (see above).
int nasc_sign(const at::Tensor* input, at::Tensor** out) {
  return guarded([&] { *out = new at::Tensor(SignThroughParabola::apply(*input)); });
}

// Chooses, on CUDA, kernels that give the same bits in every run and multiply whole 32-bit floats. Kernels without such a
// form warn.
int nasc_exact_kernels(int exact) {
  return guarded([&] {
    auto& context = at::globalContext();
    // cuBLAS gives the same bits only from a workspace of fixed size, which it reads when it is first used.
    if (exact != 0 && at::hasCUDA()) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
    context.setDeterministicCuDNN(exact != 0);
    context.setDeterministicAlgorithms(exact != 0, /*warn_only=*/true);
    // Filling fresh memory with NaN would find reads of it, and cost time in every operation.
    context.setDeterministicFillUninitializedMemory(false);
    context.setAllowTF32CuDNN(exact == 0);
    context.setAllowTF32CuBLAS(false);
  });
}

// Lets this thread's generators begin anew.
int nasc_seed_draws(uint64_t seed) {
  return guarded([&] {
    seed_of_draws = seed;
    generators.clear();
  });
}

// A tensor like the given one that is 0 with the probability and `1 / (1 - probability)` elsewhere.
int nasc_dropout_mask(const at::Tensor* like, double probability, at::Tensor** out) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    TORCH_CHECK(probability >= 0.0 && probability <= 1.0, "a dropout probability of ", probability);
    *out = new at::Tensor(probability == 1.0 ? at::zeros_like(*like)
                                             : at::empty_like(*like)
                                                   .bernoulli_(1.0 - probability, generator_on(like->device()))
                                                   .div_(1.0 - probability));
  });
}

// The most bytes that tensors on CUDA device `index` have held at once.
int nasc_cuda_peak_bytes(int index, int64_t* bytes) {
  return guarded([&] {
    auto* allocator = c10::getDeviceAllocator(at::kCUDA);
    const auto stats = allocator->getDeviceStats(static_cast<c10::DeviceIndex>(index));
    *bytes = stats.allocated_bytes[0].peak;
  });
}

}  // extern "C"
