#include "sensorium/train/event_file.h"
#include "tests/train/tiny_run.h"

#include "sensorium/base/rng.h"
#include "sensorium/io/safetensors.h"
#include "sensorium/models/bundle.h"
#include "sensorium/torch/ops.h"

#include <torch/torch.h>

#include <doctest/doctest.h>

#include <cstring>
#include <limits>

namespace sensorium::test {
namespace {

std::vector<Json> results_of(const fs::path& run) {
  std::vector<Json> lines;
  const std::string all = read_file(run / "results.jsonl");
  for (size_t at = 0; at < all.size(); at = all.find('\n', at) + 1)
    lines.push_back(Json::parse(all.substr(at, all.find('\n', at) - at)));
  return lines;
}

/// Kills a run `kills` times, at random moments after random numbers of updates, then lets it end.
void check_kills(int kills) {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  const Json more = {{"steps", 25 * kills}, {"checkpoint_every", 1}, {"loss", "margin"}, {"mine_every", 2}};
  REQUIRE(train_in_child(dir.path(), "whole", more));
  CounterRng rng(7);
  for (int killed = 0; killed < kills; ++killed) {
    const Kill kill{static_cast<int>(rng.uniform(0, 16)), static_cast<int>(rng.uniform(0, 20'000))};
    REQUIRE(!train_in_child(dir.path(), "killed", more, kill));
  }
  REQUIRE(train_in_child(dir.path(), "killed", more));
  CHECK(same_end(dir / "whole", dir / "killed"));
  CHECK(results_of(dir / "whole").size() == results_of(dir / "killed").size());
}

}  // namespace

TEST_CASE("train_clip: checkpoints that load as bundles, results and event files") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  const TrainSummary summary = train_clip(tiny_options(dir.path(), "run"));
  CHECK(summary.steps == 12);
  for (const char* which : {"run/best", "run/last"}) {
    const Bundle<torch::Tensor> bundle = load_bundle<torch::Tensor>(dir / which);
    CHECK(bundle.tokenizer->kind() == "clip");
    CHECK(bundle.image_processor.height() == 16);
  }
  const std::vector<Json> lines = results_of(dir / "run");
  REQUIRE(lines.size() == 10);  // every second step, and four validations
  for (const char* key : {"step", "epoch", "loss", "lr", "grad_norm", "logit_scale", "samples_per_s"})
    CHECK(lines[0].contains(key));
  CHECK(lines.back()["step"] == 12);
  CHECK(lines.back()["validation"]["text_to_image"].contains("recall_at_10"));
  for (const auto& entry : fs::directory_iterator(dir / "run"))
    if (entry.path().filename().string().starts_with("events.")) CHECK(read_events(entry.path()).size() == 11);
}

TEST_CASE("train_clip: a finished run is left alone, other options are refused, and resume never begins anew") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  train_clip(tiny_options(dir.path(), "run"));
  const auto before = fs::last_write_time(dir / "run/last/state.json");
  CHECK(train_clip(tiny_options(dir.path(), "run")).steps == 12);
  CHECK(fs::last_write_time(dir / "run/last/state.json") == before);
  CHECK(
      error_of(
          [&] {
            train_clip(tiny_options(dir.path(), "run", {{"lr", 0.002}}));
          },
          dir.path()) ==
      "[train] DIR/run: expected --lr 0.001 as in the run it holds, got 0.002 (take another --out, or --resume never)");
  CHECK(train_clip(tiny_options(dir.path(), "run", {{"lr", 0.002}, {"resume", "never"}})).steps == 12);
}

TEST_CASE("train_clip: killed and continued, it ends as if it had not been") {
  check_kills(3);
}

TEST_CASE("slow: twenty kills at random moments" * doctest::skip()) {
  check_kills(20);
}

TEST_CASE("train_clip: every loss, accumulation, bf16, adapters, frozen towers and their cached features") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  train_clip(tiny_options(dir.path(), "base", {{"epochs", 1}}));
  const std::string base = (dir / "base/best").string();
  const Json runs[] = {{{"loss", "sigmoid"}},
                       {{"loss", "margin"}, {"mine_every", 1}, {"epochs", 2}},
                       {{"loss", "triplet_hardest"}},
                       {{"loss", "triplet_all"}},
                       {{"captions_per_picture", 2}, {"accumulate", 3}},
                       {{"bf16", true}},
                       {{"init", base}, {"lora_rank", 2}},
                       {{"init", base}, {"freeze", "image"}, {"feature_views", 3}},
                       {{"init", base}, {"freeze", "both"}, {"feature_dropout", 0.2}}};
  int number = 0;
  for (const Json& run : runs) {
    Json more = {{"epochs", 1}, {"log_every", 1}};
    more.update(run);
    INFO(run.dump());
    const std::string out = fmt::format("run{}", number++);
    CHECK(error_of([&] { train_clip(tiny_options(dir.path(), out, more)); }) == "");
    CHECK_NOTHROW(load_bundle<torch::Tensor>(dir / out / "best"));
    CHECK(fs::exists(dir / out / "best/adapter/adapter_model.safetensors") == run.contains("lora_rank"));
  }
}

TEST_CASE("train_clip: frozen towers keep their weights, the projections move") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  train_clip(tiny_options(dir.path(), "base", {{"epochs", 1}}));
  train_clip(
      tiny_options(dir.path(), "run", {{"init", (dir / "base/best").string()}, {"freeze", "both"}, {"epochs", 1}}));
  const SafetensorsFile before(dir / "base/best/model.safetensors"), after(dir / "run/last/model.safetensors");
  for (const auto& [name, view] : before.tensors()) {
    const bool equal = std::memcmp(view.data.data(), after.at(name).data.data(), view.data.size()) == 0;
    INFO(name);
    CHECK(equal == (name.find("projection") == std::string::npos && name != "logit_scale"));
  }
}

TEST_CASE("train_clip: a loss that is not finite ends the run and keeps the last good state") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  train_clip(tiny_options(dir.path(), "base", {{"epochs", 1}}));
  const fs::path weights = dir / "base/best/model.safetensors";
  std::string bytes = read_file(weights);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.size() - sizeof nan, &nan, sizeof nan);
  write_file(weights, bytes);
  CHECK(error_of(
            [&] {
              train_clip(tiny_options(dir.path(), "run", {{"init", (dir / "base/best").string()}}));
            },
            dir.path()) ==
        "[train] expected a finite loss at step 1, got nan; DIR/run/last holds the last good state, of step 0");
}

TEST_CASE("train_clip: contradictory options are refused") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  const auto refusal = [&](const Json& more) {
    return error_of([&] { train_clip(tiny_options(dir.path(), "run", more)); }, dir.path());
  };
  CHECK(refusal({{"init", "x"}, {"image_tower", "y"}}) ==
        "[train clip] expected one of --model, --init, and --image-tower with --text-tower, got 2");
  CHECK(refusal({{"vocab_size", 0}}) == "[train clip] expected --tokenizer or --vocab-size with --model, got neither");
  CHECK(refusal({{"freeze", "image"}}) ==
        "[train clip] expected pretrained weights with --freeze image, got fresh ones (--model)");
  CHECK(refusal({{"mine_every", 1}}) == "[train clip] expected --loss margin with --mine-every, got infonce");
  CHECK(refusal({{"batch_size", 100}}) == "[train] expected --batch-size of at most the 24 pictures, got 100");
  CHECK(refusal({{"train_split", "dev"}}) ==
        "[train] DIR/data: expected at least 2 captioned pictures of split \"dev\", got 0 (splits: train, val)");
  CHECK_FALSE(fs::exists(dir / "run/best"));
}

}  // namespace sensorium::test
