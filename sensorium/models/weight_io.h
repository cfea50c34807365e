#pragma once
// Weights between files and models: reading with every name, shape and type checked, fresh first values, writing.

#include "sensorium/io/checkpoint.h"
#include "sensorium/models/weights.h"
#include "sensorium/tensor/packed_weight.h"
#include "sensorium/tensor/traits.h"

#include <map>
#include <memory>
#include <optional>
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
  /// The same where it lies in the file, as long as `owner` lives; nothing where it has another type or order there.
  struct InFile {
    const float* data;
    std::shared_ptr<const void> owner;
  };
  std::optional<InFile> view(const WeightSpec& spec);
  bool contains(const std::string& name) const { return by_name_.count(name) > 0; }
  /// Whether the file has the layer of this path, plain or packed.
  bool contains_layer(const std::string& module) const;
  /// Whether the file has layers as `sensorium convert --precision` packs them, and that of `module`, if it is there.
  bool is_packed() const { return packed_; }
  std::optional<PackedWeight> packed(const std::string& module);
  /// The same; throws InputError naming the file and `module` where it is not there.
  PackedWeight packed_layer(const std::string& module);
  /// Throws InputError naming the first tensor that nothing asked for and their number. Tensors that carry no weights
  /// (position_ids, num_batches_tracked, attention masks) or belong to heads that `ignored` names by prefix do not
  /// count.
  void check_all_read(const std::vector<std::string>& ignored = {}) const;

 private:
  TensorView find(const WeightSpec& spec);
  std::shared_ptr<const void> owner_of(std::span<const std::byte> bytes) const;

  std::shared_ptr<const CheckpointReader> reader_;
  bool packed_ = false;
  std::string config_;
  std::map<std::string, TensorView> by_name_;
  std::set<std::string> read_;
};

/// Collects weights by their specifications and writes them as one checkpoint.
class WeightSink {
 public:
  void add(const WeightSpec& spec, const std::vector<float>& values);
  /// A layer as it is packed, in the place of its plain weight; it must stay in memory until `write`.
  /// WeightSource::packed finds it by `module`.
  void add_packed(const std::string& module, const PackedWeight& weight);
  /// `model.safetensors`, or `open_clip_model.safetensors`, in an existing or new folder, float32. BatchNorms get their
  /// num_batches_tracked (0), which the libraries list among the weights.
  void write(const fs::path& folder, Layout layout) const;

 private:
  struct Stored {
    std::vector<int64_t> shape;
    std::vector<float> values;
  };
  std::map<std::string, Stored> tensors_;
  NamedTensors packed_;
};

/// First values of one weight: they depend on the seed and the name alone.
std::vector<float> fresh_values(const WeightSpec& spec, uint64_t seed);

template <class T>
class LoadVisitor : public WeightVisitor<T> {
 public:
  explicit LoadVisitor(WeightSource& source) : source_(source) {}
  void weight(const WeightSpec& spec, T& value) override {
    if (const auto in_file = source_.view(spec))
      value = TensorTraits<T>::from_file(in_file->data, spec.shape, in_file->owner);
    else
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
  void patches(const std::string&, Conv2d<T>& layer) override { prepare_patches(layer); }
  void conv_norm(const std::string&, Conv2d<T>& layer, BatchNorm2d<T>& norm) override { prepare(layer, norm); }
};

/// Loads and packs layer by layer, so that plain and packed weights are together in memory for one layer only; layers
/// that the file has packed are used where they lie.
template <class T>
class ReadyVisitor : public WeightVisitor<T> {
 public:
  explicit ReadyVisitor(WeightSource& source) : source_(source), load_(source) {}
  void weight(const WeightSpec& spec, T& value) override {
    // Vectors (biases, norms) are never packed.
    if (!source_.is_packed() || source_.contains(spec.name) || spec.shape.size() < 2) return load_.weight(spec, value);
    value = TensorTraits<T>::only_shape(spec.shape);
    absent_.insert(&value);
  }
  void linear(const std::string& module, Linear<T>& layer) override {
    if (const auto packed = packed_of(module, layer.weight))
      adopt(layer, *packed);
    else
      prepare(layer);
  }
  void attention(const std::array<std::string, 4>& modules, SelfAttention<T>& layer) override {
    if (!source_.is_packed()) return prepare(layer);
    adopt(layer, source_.packed_layer(modules[0]), source_.packed_layer(modules[3]));
  }
  void cross_attention(const std::array<std::string, 4>& modules, SelfAttention<T>& layer) override {
    if (!source_.is_packed()) return prepare_cross(layer);
    adopt_cross(layer, source_.packed_layer(modules[0]), source_.packed_layer(modules[1]),
                source_.packed_layer(modules[3]));
  }
  void patches(const std::string& module, Conv2d<T>& layer) override {
    if (const auto packed = packed_of(module, layer.weight))
      adopt_patches(layer, *packed);
    else
      prepare_patches(layer);
  }
  void conv_norm(const std::string& module, Conv2d<T>& layer, BatchNorm2d<T>& norm) override {
    if (const auto packed = packed_of(module, layer.weight))
      adopt(layer, norm, *packed);
    else
      prepare(layer, norm);
  }

 private:
  /// Nothing where the file has the layer's weight plain.
  std::optional<PackedWeight> packed_of(const std::string& module, const T& weight) {
    return absent_.contains(&weight) ? source_.packed_layer(module) : source_.packed(module);
  }

  WeightSource& source_;
  LoadVisitor<T> load_;
  std::set<const T*> absent_;  // weights that the file does not have plain
};

}  // namespace sensorium
