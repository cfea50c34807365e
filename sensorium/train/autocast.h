#pragma once
// Mixed precision.

#include <ATen/autocast_mode.h>
#include <torch/types.h>

namespace sensorium {

/// bfloat16 arithmetic while it lives.
class Autocast {
 public:
  Autocast(bool enabled, torch::DeviceType device)
      : device_(device), before_(at::autocast::is_autocast_enabled(device)) {
    at::autocast::increment_nesting();
    at::autocast::set_autocast_enabled(device_, enabled);
    at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
  }
  ~Autocast() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, before_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  torch::DeviceType device_;
  bool before_;
};

}  // namespace sensorium
