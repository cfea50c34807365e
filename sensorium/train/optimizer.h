#pragma once
// AdamW, gradient clipping and the running average of weights. State is plain tensors that are saved and restored bit
// for bit. Not thread-safe.

#include "sensorium/train/parameters.h"

namespace sensorium {

struct AdamWSettings {
  double beta1 = 0.9, beta2 = 0.98, epsilon = 1e-6;
  double weight_decay = 0.2;  // of parameters with two or more dimensions; others never decay
};

/// Loshchilov, Hutter, "Decoupled weight decay regularization", 2017: w *= 1 - lr wd; m and v are the running means of
/// g and g^2; w -= lr m' / (sqrt(v') + epsilon), m' and v' corrected for their start at 0.
class AdamW {
 public:
  /// The parameters must be leaves that require gradients.
  AdamW(Parameters parameters, const AdamWSettings& settings);
  /// One update from the parameters' gradients. A parameter without a gradient is left alone.
  void step(double learning_rate);
  /// Frees all gradients.
  void clear_gradients();
  const Parameters& parameters() const { return parameters_; }
  /// "exp_avg.NAME", "exp_avg_sq.NAME" and "steps.NAME" for each parameter; sharing storage, so that copying values
  /// into them restores a state.
  Parameters state() const;

 private:
  Parameters parameters_;
  AdamWSettings settings_;
  std::vector<torch::Tensor> mean_, square_, steps_;
};

/// L2 norm of all gradients together. Deterministic.
double gradient_norm(const Parameters& parameters);

/// Scales all gradients by min(1, max_norm / (norm + 1e-6)), as torch's clip_grad_norm_; 0 turns it off.
void clip_gradients(const Parameters& parameters, double norm, double max_norm);

/// Running average e = decay e + (1 - decay) w of each parameter, from its first value on, without bias correction.
class WeightAverage {
 public:
  WeightAverage(const Parameters& parameters, double decay);
  void update();
  /// "ema.NAME" of each parameter; sharing storage.
  Parameters state() const;
  /// The averages in the order of the parameters.
  const std::vector<torch::Tensor>& values() const { return average_; }

 private:
  Parameters parameters_;
  double decay_;
  std::vector<torch::Tensor> average_;
};

/// CLIP's bound: logit_scale = min(logit_scale, ln 100) in place.
void clamp_logit_scale(torch::Tensor& logit_scale);

}  // namespace sensorium
