#include "sensorium/tensor/onednn.h"

#include <list>
#include <map>

namespace sensorium::rt {
namespace {

class PrimitiveCache {
 public:
  std::shared_ptr<const Primitive> get(const PrimitiveKey& key, const std::function<Primitive()>& make) {
    std::lock_guard lock(mutex_);
    if (auto found = index_.find(key); found != index_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return found->second->second;
    }
    order_.emplace_front(key, std::make_shared<const Primitive>(make()));
    index_[key] = order_.begin();
    if (order_.size() > kCapacity) {
      index_.erase(order_.back().first);
      order_.pop_back();
    }
    return order_.front().second;
  }

 private:
  static constexpr size_t kCapacity = 1024;
  using Order = std::list<std::pair<PrimitiveKey, std::shared_ptr<const Primitive>>>;
  std::mutex mutex_;
  Order order_;
  std::map<PrimitiveKey, Order::iterator> index_;
};

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine& e = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return e;
}

dnnl::stream& stream() {
  thread_local dnnl::stream s(engine());
  return s;
}

std::shared_ptr<const Primitive> cached_primitive(const PrimitiveKey& key, const std::function<Primitive()>& make) {
  static PrimitiveCache& cache = *new PrimitiveCache;
  return cache.get(key, make);
}

dnnl::memory memory_at(const dnnl::memory::desc& desc, const float* data) {
  return {desc, engine(), const_cast<float*>(data)};
}

Packed::Blocked reordered(const dnnl::memory& from, const dnnl::memory::desc& to) {
  Packed::Blocked result;
  result.storage = pool_allocate(to.get_size());
  result.memory = dnnl::memory(to, engine(), result.storage.get());
  dnnl::memory source = from;
  dnnl::reorder(source, result.memory).execute(stream(), source, result.memory);
  return result;
}

bool append_activation(dnnl::post_ops& ops, Activation act) {
  switch (act) {
    case Activation::none:
      return true;
    case Activation::relu:
      ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
      return true;
    case Activation::quick_gelu:
      ops.append_eltwise(dnnl::algorithm::eltwise_swish, 1.702f, 0);
      return true;
    case Activation::gelu_tanh:
      ops.append_eltwise(dnnl::algorithm::eltwise_gelu_tanh, 0, 0);
      return true;
    case Activation::tanh:
      ops.append_eltwise(dnnl::algorithm::eltwise_tanh, 0, 0);
      return true;
    case Activation::gelu:
      return false;  // oneDNN's polynomial is off by up to 9e-7, ours by 2e-7
  }
  return false;
}

void execute(const Primitive& p, const float* source, const dnnl::memory& weights, const float* bias,
             const float* residual, float* destination) {
  std::unordered_map<int, dnnl::memory> args{{DNNL_ARG_SRC, memory_at(p.source, source)},
                                             {DNNL_ARG_WEIGHTS, weights},
                                             {DNNL_ARG_DST, memory_at(p.destination, destination)}};
  if (bias != nullptr) args[DNNL_ARG_BIAS] = memory_at(p.bias, bias);
  if (residual != nullptr) args[DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1] = memory_at(p.residual, residual);
  std::shared_ptr<std::byte> scratch;
  if (p.scratchpad.get_size() > 0) {
    scratch = pool_allocate(p.scratchpad.get_size());
    args[DNNL_ARG_SCRATCHPAD] = dnnl::memory(p.scratchpad, engine(), scratch.get());
  }
  p.primitive.execute(stream(), args);
}

}  // namespace sensorium::rt
