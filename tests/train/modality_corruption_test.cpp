#include "sensorium/train/modality_corruption.h"

#include <torch/torch.h>

#include <doctest/doctest.h>

namespace sensorium::test {
namespace {

using torch::Tensor;
using Kind = ModalityCorruption::Kind;

constexpr int64_t kVocabulary = 50;

ModalitySpec of_kind(const std::string& kind) {
  return {"m", kind, "-", "mlp", kind == "text" ? kVocabulary : 4};
}

ModalityBatch sequence(const Tensor& values) {
  const int64_t items = values.size(0);
  return {values, torch::ones({items, values.size(1)}), torch::ones({items})};
}

ModalityBatch pictures(int64_t items, int64_t side) {
  return {torch::full({items, 3, side, side}, 128).to(torch::kByte), torch::ones({items, 1}), torch::ones({items})};
}

}  // namespace

TEST_CASE("corrupt: noise of features is normal, in deviations of each column") {
  const Tensor deviation = torch::tensor({1.0f, 2.0f, 4.0f, 0.5f});
  ModalityBatch batch = sequence(torch::zeros({1, 20000, 4}));
  corrupt({Kind::noise, 0.5, 7}, of_kind("features"), deviation, {3}, batch);
  const Tensor measured = batch.values[0].std(0) / deviation;
  CHECK(torch::allclose(measured, torch::full({4}, 0.5), 0.03));
  CHECK(batch.values.mean().abs().item<double>() < 0.05);
}

TEST_CASE("corrupt: an item's noise depends on the seed and its row, not on the batch or the padding") {
  const Tensor deviation = torch::ones({4}), values = torch::randn({2, 5, 4});
  ModalityBatch both = sequence(values.clone()), alone = sequence(values.slice(0, 1, 2).slice(1, 0, 3).clone());
  both.mask[1].slice(0, 3, 5).zero_();
  corrupt({Kind::noise, 1, 7}, of_kind("sound"), deviation, {10, 11}, both);
  corrupt({Kind::noise, 1, 7}, of_kind("sound"), deviation, {11}, alone);
  CHECK(both.values[1].slice(0, 0, 3).equal(alone.values[0]));
  CHECK(both.values[1].slice(0, 3, 5).equal(values[1].slice(0, 3, 5)));
  ModalityBatch other = sequence(values.clone());
  corrupt({Kind::noise, 1, 8}, of_kind("sound"), deviation, {10, 11}, other);
  CHECK(!other.values[0].equal(both.values[0]));
}

TEST_CASE("corrupt: noise of pictures is in units of the full range and stays within it") {
  ModalityBatch batch = pictures(1, 64);
  corrupt({Kind::noise, 0.1, 7}, of_kind("picture"), {}, {0}, batch);
  CHECK((batch.values.scalar_type() == torch::kByte));
  CHECK(batch.values.to(torch::kFloat).std().item<double>() == doctest::Approx(25.5).epsilon(0.03));
  batch = pictures(1, 64);
  batch.values.fill_(255);
  corrupt({Kind::noise, 10, 7}, of_kind("picture"), {}, {0}, batch);
  CHECK(batch.values.eq(255).to(torch::kFloat).mean().item<double>() == doctest::Approx(0.5).epsilon(0.05));
}

TEST_CASE("corrupt: noise replaces that share of the tokens by others of the vocabulary") {
  const Tensor ids = torch::full({1, 10000}, kVocabulary, torch::kLong);  // none of the vocabulary
  ModalityBatch batch = sequence(ids.clone());
  corrupt({Kind::noise, 0.3, 7}, of_kind("text"), {}, {0}, batch);
  const Tensor changed = batch.values.ne(kVocabulary);
  CHECK(changed.to(torch::kFloat).mean().item<double>() == doctest::Approx(0.3).epsilon(0.05));
  const Tensor others = batch.values.masked_select(changed);
  CHECK(others.min().item<int64_t>() == 0);
  CHECK(others.max().item<int64_t>() == kVocabulary - 1);
}

TEST_CASE("corrupt: blur spreads a point as a Gaussian and leaves plain pictures as they are") {
  ModalityBatch plain = pictures(2, 16);
  corrupt({Kind::blur, 2, 0}, of_kind("picture"), {}, {0, 1}, plain);
  CHECK(plain.values.equal(pictures(2, 16).values));
  ModalityBatch line = pictures(1, 33);
  line.values.zero_();
  line.values.select(3, 16).fill_(255);
  corrupt({Kind::blur, 1.5, 0}, of_kind("picture"), {}, {0}, line);
  const Tensor profile = line.values[0][0][16].to(torch::kDouble);
  const Tensor at = torch::arange(33, torch::kDouble) - 16;
  CHECK(profile.sum().item<double>() == doctest::Approx(255).epsilon(0.02));
  CHECK((profile * at.square()).sum().item<double>() / profile.sum().item<double>() ==
        doctest::Approx(1.5 * 1.5).epsilon(0.05));
}

TEST_CASE("corrupt: what is missing, and what nothing is done to") {
  ModalityBatch batch = pictures(3, 8);
  corrupt({Kind::missing, 1, 0}, of_kind("picture"), {}, {0, 1, 2}, batch);
  CHECK(batch.present.sum().item<double>() == 0);
  ModalityBatch same = sequence(torch::ones({2, 3, 4}));
  same.present[1] = 0;
  corrupt({}, of_kind("features"), torch::ones({4}), {0, 1}, same);
  CHECK(same.values.equal(torch::ones({2, 3, 4})));
  corrupt({Kind::blur, 1, 0}, of_kind("features"), torch::ones({4}), {0, 1}, same);
  CHECK(same.values.equal(torch::ones({2, 3, 4})));
  corrupt({Kind::noise, 1, 0}, of_kind("features"), torch::ones({4}), {0, 1}, same);
  CHECK(!same.values[0].equal(torch::ones({3, 4})));
  CHECK(same.values[1].equal(torch::ones({3, 4})));  // an item that lacks it
}

}  // namespace sensorium::test
