#pragma once
// Inside the room: oneDNN's engine and the cache of its primitives.

#include "sensorium/tensor/packed.h"
#include "sensorium/tensor/runtime.h"

#include <array>
#include <functional>
#include <memory>

namespace sensorium::rt {

const dnnl::engine& engine();
/// Of the calling thread.
dnnl::stream& stream();

/// A compiled operation and the layouts it wants.
struct Primitive {
  dnnl::primitive primitive;
  dnnl::memory::desc source, weights, bias, destination, residual, scratchpad;
};

/// What a primitive was compiled for. The first number tells matmul from convolution.
using PrimitiveKey = std::array<int64_t, 16>;

/// The primitive of that key, made by `make` when it is not among the 1024 used last. Thread-safe.
std::shared_ptr<const Primitive> cached_primitive(const PrimitiveKey& key, const std::function<Primitive()>& make);

/// Memory of `desc` at `data`, which the primitive may not write unless it is its output.
dnnl::memory memory_at(const dnnl::memory::desc& desc, const float* data);

/// `from` in the layout `to`, in pool memory.
Packed::Blocked reordered(const dnnl::memory& from, const dnnl::memory::desc& to);

/// Adds `act` to the post-ops, where oneDNN's own is accurate enough; false where it must be applied afterwards.
bool append_activation(dnnl::post_ops& ops, Activation act);

/// Runs it; `residual` may be null. Scratch memory is the pool's.
void execute(const Primitive& p, const float* source, const dnnl::memory& weights, const float* bias,
             const float* residual, float* destination);

}  // namespace sensorium::rt
