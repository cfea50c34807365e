#include "sensorium/train/classifier_trainer.h"

#include "tests/train/tiny_run.h"

#include "sensorium/base/log.h"
#include "sensorium/base/rng.h"
#include "sensorium/io/npy.h"
#include "sensorium/train/trained_classifier.h"

#include <torch/torch.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

namespace sensorium::test {
namespace {

using torch::Tensor;

constexpr const char* kChild = "child process: trains a classifier as the environment says";
constexpr int64_t kItems = 120, kColumns = 6;

/// 16-bit mono samples as a WAV file.
void write_wav(const fs::path& file, const std::vector<int16_t>& samples) {
  const auto little = [](uint32_t v, int bytes) {
    std::string s;
    for (int i = 0; i < bytes; ++i) s += static_cast<char>(v >> (8 * i) & 255);
    return s;
  };
  const auto size = static_cast<uint32_t>(samples.size() * 2);
  std::string data = "RIFF" + little(36 + size, 4) + "WAVEfmt " + little(16, 4) + little(1, 2) + little(1, 2) +
                     little(16000, 4) + little(32000, 4) + little(2, 2) + little(16, 2) + "data" + little(size, 4);
  for (const int16_t v : samples) data += little(static_cast<uint16_t>(v), 2);
  write_file(file, data);
}

/// Two tables of features, each of which tells two of four classes from the others; texts and sounds that do the same.
/// Every seventh item lacks the second table, every ninth its text.
void write_items(const fs::path& folder) {
  CounterRng rng(3);
  NpyWriter a(folder / "a.npy", kColumns), b(folder / "b.npy", kColumns);
  std::string table = "label,split,words,sound\n";
  for (const int tone : {0, 1}) {
    std::vector<int16_t> samples;
    for (int i = 0; i < 3200 + 800 * tone; ++i)
      samples.push_back(static_cast<int16_t>(8000 * std::sin(i * (tone == 0 ? 0.1 : 0.7))));
    write_wav(folder / fmt::format("{}.wav", tone), samples);
  }
  for (int i = 0; i < kItems; ++i) {
    const int label = i % 4;
    std::vector<float> x, y;
    for (int c = 0; c < kColumns; ++c) {
      x.push_back(static_cast<float>(rng.normal() + (label / 2 == c % 2 ? 3 : 0)));
      y.push_back(i % 7 == 6 ? std::numeric_limits<float>::quiet_NaN()
                             : static_cast<float>(rng.normal() + (label % 2 == c % 2 ? 3 : 0)));
    }
    a.write_rows(x);
    b.write_rows(y);
    table += fmt::format("c{},{},{},{}.wav\n", label, i % 3 == 0 ? "val" : "train",
                         i % 9 == 8 ? "" : fmt::format("{} thing {}", label / 2 ? "red" : "blue", i % 5), label % 2);
  }
  a.commit();
  b.commit();
  write_file(folder / "items.csv", table);
}

ClassifierTrainOptions tiny_classifier(const fs::path& folder, const std::string& out, const Json& more) {
  spdlog::set_level(spdlog::level::off);
  ClassifierTrainOptions options;
  OptionSet set = OptionSet::of(options);
  Json json = {{"data", (folder / "items.csv").string()},
               {"out", (folder / out).string()},
               {"modality", {"a=features:" + (folder / "a.npy").string(), "b=features:" + (folder / "b.npy").string()}},
               {"batch_size", 16},
               {"epochs", 12},
               {"lr", 5e-3},
               {"width", 16},
               {"hidden", 24},
               {"warmup_steps", 2},
               {"validate_every", 3},
               {"log_every", 1},
               {"threads", 1}};
  json.update(more);
  set.set_json(json, "test");
  return options;
}

bool run_child(const fs::path& folder, const std::string& out, const Json& more, std::optional<Kill> kill = {}) {
  ClassifierTrainOptions options = tiny_classifier(folder, out, more);
  return in_child(kChild, OptionSet::of(options).to_json(), folder / out, kill);
}

double accuracy(const fs::path& folder, const std::string& run, const std::vector<std::string>& without = {},
                const std::vector<ModalityCorruption>& corruptions = {}) {
  const TrainedClassifier model(folder / run / "best", {}, without);
  const ClassifierItems items = model.open(read_item_table(folder / "items.csv"),
                                           {.label = "label", .split_column = "split", .split = "val", .id = ""});
  const Tensor predicted = model(items, corruptions).logits.argmax(1);
  double right = 0;
  for (size_t i = 0; i < items.rows.size(); ++i)
    right +=
        predicted[static_cast<int64_t>(i)].item<int64_t>() == items.data.labels[static_cast<size_t>(items.rows[i])];
  return right / static_cast<double>(items.rows.size());
}

ClassifierConfig one_of_each(const std::string& fusion) {
  ClassifierConfig c;
  c.classes = {"x", "y", "z"};
  c.modalities = {{"f", "features", "-", "mlp", 5},  {"s", "features", "-", "gru", 4},
                  {"l", "features", "-", "lstm", 4}, {"p", "picture", "image", "cnn", 0},
                  {"m", "sound", "clip", "cnn", 0},  {"t", "text", "words", "cnn", 30}};
  c.fusion = fusion;
  c.width = 8;
  c.hidden = 12;
  c.heads = 2;
  c.image_size = 16;
  c.mel_bands = 8;
  return c;
}

std::vector<ModalityBatch> random_batch(int64_t n) {
  const auto floats = [&](int64_t steps, int64_t columns) {
    return ModalityBatch{torch::randn({n, steps, columns}), torch::ones({n, steps}), torch::ones({n})};
  };
  return {
      floats(1, 5),  floats(6, 4),
      floats(6, 4),  {torch::randint(0, 256, {n, 3, 16, 16}).to(torch::kByte), torch::ones({n, 1}), torch::ones({n})},
      floats(20, 8), {torch::randint(0, 30, {n, 7}, torch::kLong), torch::ones({n, 7}), torch::ones({n})}};
}

}  // namespace

TEST_CASE("child process: trains a classifier as the environment says" * doctest::skip()) {
  const char* words = std::getenv(kChildOptions);
  if (words == nullptr) return;  // run by hand with --no-skip
  spdlog::set_level(spdlog::level::off);
  ClassifierTrainOptions options;
  OptionSet::of(options).set_json(Json::parse(words), "test");
  train_classifier(options);
}

TEST_CASE("train_classifier: every fusion tells from two modalities what neither tells alone") {
  const ScratchFolder dir;
  write_items(dir.path());
  for (const char* fusion : {"concatenate", "gated", "tensor", "attention"}) {
    CAPTURE(fusion);
    const TrainSummary summary = train_classifier(tiny_classifier(dir.path(), fusion, {{"fusion", fusion}}));
    CHECK(summary.best_validation.at("accuracy").get<double>() > 0.85);
    CHECK(summary.best_validation.at("accuracy_without_a").get<double>() < 0.75);
    CHECK(accuracy(dir.path(), fusion) == summary.best_validation.at("accuracy").get<double>());
    CHECK(accuracy(dir.path(), fusion, {"b"}) == summary.best_validation.at("accuracy_without_b").get<double>());
  }
}

TEST_CASE("train_classifier: texts and sounds out of files, with what items lack") {
  const ScratchFolder dir;
  write_items(dir.path());
  for (const char* encoder : {"mlp", "cnn", "gru", "lstm"}) {
    CAPTURE(encoder);
    const TrainSummary summary = train_classifier(tiny_classifier(
        dir.path(), encoder,
        {{"modality", {fmt::format("t=text:words@{}", encoder), fmt::format("s=sound:sound@{}", encoder)}},
         {"vocab_size", 100},
         {"mel_bands", 16},
         {"epochs", 16}}));
    CHECK(summary.best_validation.at("accuracy").get<double>() > 0.8);
    CHECK(fs::exists(summary.best / "tokenizer_t"));
    CHECK(accuracy(dir.path(), encoder) == summary.best_validation.at("accuracy").get<double>());
  }
}

TEST_CASE("train_classifier: killed and continued ends with the same bytes") {
  const ScratchFolder dir;
  write_items(dir.path());
  const Json more = {{"checkpoint_every", 1}, {"fusion", "gated"}, {"ema_decay", 0.9}};
  REQUIRE(run_child(dir.path(), "whole", more));
  REQUIRE(!run_child(dir.path(), "killed", more, Kill{4, 500}));
  REQUIRE(run_child(dir.path(), "killed", more));
  CHECK(same_end(dir / "whole", dir / "killed"));
}

TEST_CASE("ClassifierModel: an item's answer does not depend on the others, on padding, or on what it lacks") {
  torch::manual_seed(1);
  torch::NoGradGuard no_grad;
  for (const char* fusion : {"concatenate", "gated", "tensor", "attention"}) {
    CAPTURE(fusion);
    const ClassifierModel model(one_of_each(fusion), 7);
    std::vector<ModalityBatch> batch = random_batch(3);
    batch[1].mask.slice(1, 4, 6).zero_();  // shorter than they are padded to
    batch[4].mask.slice(1, 13, 20).zero_();
    batch[5].mask.slice(1, 5, 7).zero_();
    const Tensor whole = model(batch, 0, false).logits;
    std::vector<ModalityBatch> cut = batch;
    cut[1].values = cut[1].values.slice(1, 0, 4), cut[1].mask = cut[1].mask.slice(1, 0, 4);
    cut[4].values = cut[4].values.slice(1, 0, 13), cut[4].mask = cut[4].mask.slice(1, 0, 13);
    cut[5].values = cut[5].values.slice(1, 0, 5), cut[5].mask = cut[5].mask.slice(1, 0, 5);
    for (ModalityBatch& m : cut)
      m.values = m.values.slice(0, 1, 2), m.mask = m.mask.slice(0, 1, 2), m.present = m.present.slice(0, 1, 2);
    CHECK(torch::allclose(model(cut, 0, false).logits, whole.slice(0, 1, 2), 1e-4, 1e-5));
    for (size_t m = 0; m < batch.size(); ++m) {
      std::vector<ModalityBatch> lacking = batch;
      lacking[m].present = torch::zeros({3});
      const Tensor first = model(lacking, 0, false).logits;
      lacking[m].values = torch::zeros_like(lacking[m].values);  // what is not there cannot matter
      CHECK(torch::allclose(model(lacking, 0, false).logits, first, 1e-5, 1e-6));
      CHECK(first.isfinite().all().item<bool>());
      CHECK(!torch::allclose(first, whole, 1e-4, 1e-5));
    }
    for (ModalityBatch& m : batch) m.present = torch::zeros({3});
    CHECK(model(batch, 0, false).logits.isfinite().all().item<bool>());
  }
}

TEST_CASE("ClassifierModel: a saved folder is the same model") {
  torch::manual_seed(2);
  torch::NoGradGuard no_grad;
  const ScratchFolder dir;
  const ClassifierModel model(one_of_each("attention"), 7);
  model.save(dir / "m", {});
  const std::vector<ModalityBatch> batch = random_batch(2);
  CHECK(ClassifierModel(dir / "m")(batch, 0, false).logits.equal(model(batch, 0, false).logits));
  Json config = read_json(dir / "m/config.json");
  config["fusion"] = "sum";
  write_file(dir / "m/config.json", config.dump());
  CHECK_THROWS_AS(ClassifierModel(dir / "m"), InputError);
}

TEST_CASE("parse_modality: names, kinds and encoders") {
  const ModalitySpec m = parse_modality("voice=sound:path@x@gru");
  CHECK(m.name == "voice");
  CHECK(m.source == "path@x");
  CHECK(m.encoder == "gru");
  CHECK(parse_modality("t=text:c").encoder == "gru");
  CHECK(parse_modality("t=features:c.npy").encoder == "mlp");
  for (const char* bad : {"", "a", "a=b", "a=video:x", "=text:x", "a=text:", "a b=text:x"})
    CHECK_THROWS_AS(parse_modality(bad), UsageError);
}

}  // namespace sensorium::test
