#pragma once
// What `sensorium convert --precision` packs: a model of any kind, of which copies are packed by plans and measured.

#include "sensorium/apps/convert_sources.h"
#include "sensorium/io/image_processor.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/models/weights.h"

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace sensorium {

/// The precision of each layer, by the module that names it.
using Plan = std::map<std::string, Precision>;

/// Packs every layer anew as the plan says; one that it does not have is noted in it as bf16, as is a convolution that
/// `prepare` leaves so.
class PlanVisitor : public WeightVisitor<rt::Tensor> {
 public:
  explicit PlanVisitor(Plan& plan) : plan_(plan) {}
  void weight(const WeightSpec&, rt::Tensor&) override {}
  void linear(const std::string& module, Linear<rt::Tensor>& layer) override {
    choose(module, [&] { prepare(layer); });
  }
  void attention(const std::array<std::string, 4>& modules, SelfAttention<rt::Tensor>& layer) override {
    choose(modules[0], [&] { prepare(layer); });
  }
  void cross_attention(const std::array<std::string, 4>& modules, SelfAttention<rt::Tensor>& layer) override {
    choose(modules[0], [&] { prepare_cross(layer); });
  }
  void patches(const std::string& module, Conv2d<rt::Tensor>& layer) override {
    choose(module, [&] { prepare_patches(layer); });
  }
  void conv_norm(const std::string& module, Conv2d<rt::Tensor>& layer, BatchNorm2d<rt::Tensor>& norm) override {
    choose(module, [&] { plan_[module] = prepare(layer, norm); });
  }

 private:
  void choose(const std::string& module, const std::function<void()>& pack) {
    rt::set_precision(plan_.try_emplace(module, Precision::bf16).first->second);
    pack();
  }
  Plan& plan_;
};

/// Rows [N, width] that a model makes of the calibration.
struct Rows {
  std::vector<float> values;
  int64_t width = 1;
};

/// A model of any kind: a copy packed by a plan, to embed with and to write.
struct Packable {
  struct Packed {
    std::function<std::vector<Rows>()>
        embed;  // of the calibration: one entry a kind of input, always in the same order
    std::function<void(WeightVisitor<rt::Tensor>&)> visit;
  };
  std::function<Packed(Plan&)> pack;
  Layout layout = Layout::hugging_face;
  std::set<std::string> unmeasured;                 // layers that `embed` does not pass: they are never int8
  std::function<void(const fs::path&)> write_more;  // files in folders inside the checkpoint's; may be empty
};

/// Of `model`; `walk(model, visitor)` visits its weights, `embed(model)` gives the rows of the calibration.
template <class Model, class Walk, class Embed>
Packable packable_of(std::shared_ptr<const Model> model, Walk walk, Embed embed) {
  Packable p;
  p.pack = [=](Plan& plan) {
    const auto trial = std::make_shared<Model>(*model);
    PlanVisitor visitor(plan);
    walk(*trial, visitor);
    return Packable::Packed{[=] { return embed(*trial); }, [=](WeightVisitor<rt::Tensor>& v) { walk(*trial, v); }};
  };
  return p;
}

/// Of the folder `source`; throws InputError for a model of another kind.
Packable packable_model(const fs::path& source, const Calibration& calibration);
/// Inside: of BLIP.
Packable packable_blip(const fs::path& source, const Calibration& calibration);

/// At most `most` pictures of a folder as pixels [N,3,H,W], which hold what they refer to, and lines of a file; none
/// where there is none.
rt::Tensor calibration_pixels(const std::string& folder, const ImageProcessor& processor, size_t most);
std::vector<std::string> calibration_texts(const std::string& file, size_t most);

}  // namespace sensorium
