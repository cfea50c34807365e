// What only the torch side of the vocabulary has: gradients, batch statistics, autocast; and its masks against a plain
// softmax.

#include "sensorium/torch/ops.h"
#include "sensorium/models/dual_encoder.h"
#include "tests/models/tiny.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

using namespace sensorium;
using torch::Tensor;

namespace {

SelfAttention<Tensor> some_attention(int64_t width, int heads) {
  SelfAttention<Tensor> a;
  a.num_heads = heads;
  for (Linear<Tensor>* l : {&a.query, &a.key, &a.value, &a.output}) {
    l->weight = torch::randn({width, width});
    l->bias = torch::randn({width});
  }
  return a;
}

/// softmax(q k^T / sqrt(d) + hidden) v, head by head.
Tensor plain_attention(const Tensor& x, const SelfAttention<Tensor>& a, const Tensor& hidden) {
  const auto project = [&](const Linear<Tensor>& l) { return at::linear(x, l.weight, l.bias); };
  const Tensor q = project(a.query), k = project(a.key), v = project(a.value);
  const int64_t d = x.size(2) / a.num_heads;
  std::vector<Tensor> heads;
  for (int64_t h = 0; h < a.num_heads; ++h) {
    const auto part = [&](const Tensor& t) { return t.narrow(2, h * d, d); };
    const Tensor scores = part(q).matmul(part(k).transpose(1, 2)) / std::sqrt(static_cast<double>(d));
    heads.push_back(scores.masked_fill(hidden, -1e30).softmax(-1).matmul(part(v)));
  }
  return torch::cat(heads, 2);
}

}  // namespace

TEST_CASE("masked attention is a softmax over what a query may see") {
  torch::manual_seed(1);
  const SelfAttention<Tensor> a = some_attention(12, 3);
  const Tensor x = torch::randn({2, 4, 12});
  const std::vector<int64_t> keys{1, 1, 1, 0, 1, 0, 1, 1};
  const Tensor padded = torch::tensor(keys).reshape({2, 1, 4}).eq(0).expand({2, 4, 4});
  const Tensor later = torch::ones({4, 4}, torch::kBool).triu(1).expand({2, 4, 4});
  const Tensor none = torch::zeros({2, 4, 4}, torch::kBool);
  const auto same = [&](const AttentionMask& mask, const Tensor& hidden) {
    CHECK(torch::allclose(self_attention(x, a, mask), plain_attention(x, a, hidden), 1e-5, 1e-5));
  };
  same({}, none);
  same({true, {}}, later);
  same({false, keys}, padded);
  same({true, keys}, padded.logical_or(later));
}

TEST_CASE("a batch norm in training normalises by the batch and moves its running values") {
  BatchNorm2d<Tensor> norm{torch::ones({2}), torch::zeros({2}), torch::zeros({2}), torch::ones({2})};
  norm.training = true;
  const Conv2d<Tensor> conv{torch::eye(2).reshape({2, 2, 1, 1}), {}};
  const Tensor x = 3 + 2 * torch::randn({8, 2, 5, 5});
  const Tensor y = conv_norm(x, conv, norm);
  CHECK(std::abs(y.mean().item<double>()) < 1e-4);
  CHECK(torch::allclose(norm.running_mean, 0.1 * x.mean({0, 2, 3}), 1e-4, 1e-5));
  norm.training = false;
  CHECK(conv_norm(x, conv, norm).mean().item<double>() > 1);
}

TEST_CASE("every weight of every family has a gradient, and bf16 autocast runs") {
  for (const auto& [name, config] : test::tiny_families()) {
    DualEncoder<Tensor> m = make_dual_encoder<Tensor>(config, 3);
    visit_weights(m, [](const WeightSpec& spec, Tensor& value) { value.set_requires_grad(!spec.buffer); });
    const int64_t size = config.image_size() ? config.image_size() : 40;
    const TokenBatch tokens{2, 4, {0, 5, 6, 39, 0, 7, 39, 1}, {1, 1, 1, 1, 1, 1, 1, 0}, {}};
    const Tensor pixels = torch::randn({2, 3, size, size});
    const Tensor logits = logits_per_image(m, encode_image(m, pixels), encode_text(m, tokens));
    logits.square().sum().backward();
    visit_weights(m, [&, label = name](const WeightSpec& spec, Tensor& value) {
      if (!spec.buffer) CHECK_MESSAGE(value.grad().defined(), label << " " << spec.name);
    });
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    const Tensor low = logits_per_image(m, encode_image(m, pixels), encode_text(m, tokens));
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, false);
    CHECK_MESSAGE((low.to(torch::kFloat32) - logits).abs().max().item<double>() < 0.6, name);
  }
}

TEST_CASE("ids outside a table are refused") {
  const Embedding<Tensor> table{torch::randn({4, 2})};
  const std::vector<int64_t> ids{0, 4};
  CHECK(test::error_of([&] { embed_tokens({1, 2, ids}, table); }) == "[embed_tokens] expected ids in [0, 4), got 4");
}
