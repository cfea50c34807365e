#pragma once
// Networks that make one representation, and a class, of any set of modalities.
//
// Note: what is missing. An encoder makes tokens of width D of each modality, and their mean is its vector. An item
// that lacks a modality gets, by default, with
//   concatenate  a learnt vector in its place
//   gated        gates that are shared among the modalities it has
//   tensor       the factor's row for the constant 1 alone, as if the vector were 0
//   attention    queries that do not see it
// Modality dropout in training makes sure that these are learnt.

#include "sensorium/train/classifier_config.h"
#include "sensorium/train/modality_data.h"
#include "sensorium/train/parameters.h"

#include <map>

namespace sensorium {

class ClassifierModel {
 public:
  /// First values depend on the seed alone.
  ClassifierModel(ClassifierConfig config, uint64_t seed);
  /// Reads a folder that `save` wrote. Throws InputError naming the file at fault.
  explicit ClassifierModel(const fs::path& folder);

  /// Mean and deviation of the columns of features and of the bands of sounds, in float32 from float64 sums over the
  /// items that have them; applied before encoders.
  void fit_scaling(const std::vector<ModalityData>& data, const std::vector<int64_t>& items);

  /// (B, classes) logits of a batch of each modality, in the config's order, and the joint (B, D) representation before
  /// the last layer. `training` turns dropout on (torch's generator).
  struct Result {
    torch::Tensor logits, joint;
  };
  Result operator()(const std::vector<ModalityBatch>& batch, double dropout, bool training) const;

  /// What trains.
  const Parameters& parameters() const { return parameters_; }
  const ClassifierConfig& config() const { return config_; }
  /// What the columns of features, or the bands of sounds, are divided by: (C). Undefined for pictures and texts.
  torch::Tensor deviation(const ModalitySpec& m) const;
  /// config.json and model.safetensors; `values`, where not empty, stand for the parameters' own.
  void save(const fs::path& folder, const std::vector<torch::Tensor>& values) const;

 private:
  struct Encoded {
    torch::Tensor tokens, mask;  // (B, T, D), (B, T)
  };
  void declare_weights();
  void declare_encoder(const ModalitySpec& m);
  void declare_fusion();
  /// A weight uniform in +-1/sqrt(fan_in), or, with fan_in 0, of `fill` everywhere.
  void declare(const std::string& name, std::vector<int64_t> shape, int64_t fan_in, float fill = 0);
  void declare_linear(const std::string& name, int64_t in, int64_t out);
  void declare_norm(const std::string& name, int64_t width);
  const torch::Tensor& at(const std::string& name) const;
  torch::Tensor linear(const std::string& name, const torch::Tensor& x) const;
  torch::Tensor norm(const std::string& name, const torch::Tensor& x) const;
  torch::Tensor scaled(const ModalitySpec& m, const ModalityBatch& batch) const;
  Encoded encode(const ModalitySpec& m, const ModalityBatch& batch, double dropout, bool training) const;
  Encoded convolve_sequence(const std::string& name, torch::Tensor x, torch::Tensor mask, int64_t stride) const;
  Encoded convolve_picture(const std::string& name, torch::Tensor x) const;
  torch::Tensor recur(const std::string& name, const std::string& cell, const torch::Tensor& x) const;
  torch::Tensor fuse_gated(const std::vector<torch::Tensor>& vectors, const torch::Tensor& present) const;
  torch::Tensor fuse_tensor(const std::vector<torch::Tensor>& vectors, const torch::Tensor& present) const;
  torch::Tensor fuse_attention(const std::vector<Encoded>& encoded, const torch::Tensor& present) const;

  ClassifierConfig config_;
  Parameters parameters_, buffers_;
  std::map<std::string, torch::Tensor> by_name_;
};

}  // namespace sensorium
