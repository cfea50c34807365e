#pragma once
// Weights between files and models: reading with every name, shape and type checked, fresh first values, writing.

#include "sensorium/io/checkpoint.h"
#include "sensorium/models/weights.h"
#include "sensorium/tensor/traits.h"

#include <map>
#include <set>

namespace sensorium {

/// Hands out a checkpoint's weights by their specifications and notes which were asked for. Older spellings of names
/// are found too: "bert." in front, LayerNorm.gamma and beta, a doubled "vision_model.", a missing "text_model.".
class WeightSource {
 public:
  /// `config` is the file that told the shapes; it stands in errors.
  WeightSource(const fs::path& weights, std::string config);
  /// float32 values in the model's own shape. Throws InputError for a tensor that is missing, of another shape (naming
  /// both), or no floating-point one.
  std::vector<float> read(const WeightSpec& spec);
  bool contains(const std::string& name) const { return by_name_.count(name) > 0; }
  /// Throws InputError naming the first tensor that nothing asked for and their number. Tensors that carry no weights
  /// (position_ids, num_batches_tracked, attention masks) or belong to heads that `ignored` names by prefix do not
  /// count.
  void check_all_read(const std::vector<std::string>& ignored = {}) const;

 private:
  CheckpointReader reader_;
  std::string config_;
  std::map<std::string, TensorView> by_name_;
  std::set<std::string> read_;
};

/// Collects weights by their specifications and writes them as one checkpoint.
class WeightSink {
 public:
  void add(const WeightSpec& spec, const std::vector<float>& values);
  /// `model.safetensors`, or `open_clip_model.safetensors`, in an existing or new folder, float32. BatchNorms get their
  /// num_batches_tracked (0), which the libraries list among the weights.
  void write(const fs::path& folder, Layout layout) const;

 private:
  struct Stored {
    std::vector<int64_t> shape;
    std::vector<float> values;
  };
  std::map<std::string, Stored> tensors_;
};

/// First values of one weight: they depend on the seed and the name alone.
std::vector<float> fresh_values(const WeightSpec& spec, uint64_t seed);

template <class T>
class LoadVisitor : public WeightVisitor<T> {
 public:
  explicit LoadVisitor(WeightSource& source) : source_(source) {}
  void weight(const WeightSpec& spec, T& value) override {
    value = TensorTraits<T>::from_float(source_.read(spec).data(), spec.shape);
  }

 private:
  WeightSource& source_;
};

template <class T>
class SaveVisitor : public WeightVisitor<T> {
 public:
  explicit SaveVisitor(WeightSink& sink) : sink_(sink) {}
  void weight(const WeightSpec& spec, T& value) override { sink_.add(spec, TensorTraits<T>::to_float(value)); }

 private:
  WeightSink& sink_;
};

template <class T>
class FreshVisitor : public WeightVisitor<T> {
 public:
  explicit FreshVisitor(uint64_t seed) : seed_(seed) {}
  void weight(const WeightSpec& spec, T& value) override {
    value = TensorTraits<T>::from_float(fresh_values(spec, seed_).data(), spec.shape);
  }

 private:
  uint64_t seed_;
};

/// Lets the tensor type pack each layer.
template <class T>
class PrepareVisitor : public WeightVisitor<T> {
 public:
  void weight(const WeightSpec&, T&) override {}
  void linear(const std::string&, Linear<T>& layer) override { prepare(layer); }
  void attention(const std::array<std::string, 4>&, SelfAttention<T>& layer) override { prepare(layer); }
  void cross_attention(const std::array<std::string, 4>&, SelfAttention<T>& layer) override { prepare_cross(layer); }
  void patches(Conv2d<T>& layer) override { prepare_patches(layer); }
  void conv_norm(Conv2d<T>& layer, BatchNorm2d<T>& norm) override { prepare(layer, norm); }
};

}  // namespace sensorium
