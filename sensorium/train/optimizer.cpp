#include "sensorium/train/optimizer.h"

#include <torch/torch.h>

#include <cmath>

namespace sensorium {

AdamW::AdamW(Parameters parameters, const AdamWSettings& settings)
    : parameters_(std::move(parameters)), settings_(settings) {
  for (const Parameter& p : parameters_) {
    mean_.push_back(torch::zeros_like(p.value));
    square_.push_back(torch::zeros_like(p.value));
    steps_.push_back(torch::zeros({}, p.value.options().dtype(torch::kFloat)));
  }
}

void AdamW::step(double learning_rate) {
  torch::NoGradGuard no_grad;
  for (const bool decays : {true, false}) {
    std::vector<torch::Tensor> values, gradients, means, squares, steps;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const torch::Tensor& p = parameters_[i].value;
      if ((p.dim() >= 2) != decays || !p.grad().defined()) continue;
      values.push_back(p);
      gradients.push_back(p.grad());
      means.push_back(mean_[i]);
      squares.push_back(square_[i]);
      steps.push_back(steps_[i].add_(1));
    }
    if (values.empty()) continue;
    at::_fused_adamw_(values, gradients, means, squares, /*max_exp_avg_sqs=*/{}, steps, learning_rate, settings_.beta1,
                      settings_.beta2, decays ? settings_.weight_decay : 0.0, settings_.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false);
  }
}

void AdamW::clear_gradients() {
  for (Parameter& p : parameters_) p.value.mutable_grad().reset();
}

Parameters AdamW::state() const {
  Parameters state;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    state.push_back({"exp_avg." + parameters_[i].name, mean_[i]});
    state.push_back({"exp_avg_sq." + parameters_[i].name, square_[i]});
    state.push_back({"steps." + parameters_[i].name, steps_[i]});
  }
  return state;
}

double gradient_norm(const Parameters& parameters) {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> norms;
  for (const Parameter& p : parameters)
    if (p.value.grad().defined()) norms.push_back(p.value.grad().norm());
  return norms.empty() ? 0.0 : torch::stack(norms).norm().item<double>();
}

void clip_gradients(const Parameters& parameters, double norm, double max_norm) {
  const double scale = max_norm / (norm + 1e-6);
  if (max_norm <= 0 || scale >= 1) return;
  torch::NoGradGuard no_grad;
  for (const Parameter& p : parameters)
    if (p.value.grad().defined()) p.value.grad().mul_(scale);
}

WeightAverage::WeightAverage(const Parameters& parameters, double decay) : parameters_(parameters), decay_(decay) {
  torch::NoGradGuard no_grad;
  for (const Parameter& p : parameters_) average_.push_back(p.value.detach().clone());
}

void WeightAverage::update() {
  torch::NoGradGuard no_grad;
  for (size_t i = 0; i < average_.size(); ++i) average_[i].mul_(decay_).add_(parameters_[i].value, 1 - decay_);
}

Parameters WeightAverage::state() const {
  Parameters state;
  for (size_t i = 0; i < average_.size(); ++i) state.push_back({"ema." + parameters_[i].name, average_[i]});
  return state;
}

void clamp_logit_scale(torch::Tensor& logit_scale) {
  torch::NoGradGuard no_grad;
  logit_scale.clamp_max_(std::log(100.0));
}

}  // namespace sensorium
