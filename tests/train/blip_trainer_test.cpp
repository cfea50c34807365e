#include "sensorium/train/blip_trainer.h"

#include "tests/train/tiny_run.h"

#include "sensorium/base/log.h"
#include "sensorium/data/manifest.h"
#include "sensorium/models/blip/blip_bundle.h"
#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"

#include <torch/torch.h>

#include <doctest/doctest.h>

#include <cstdlib>

namespace sensorium::test {
namespace {

constexpr const char* kChild = "child process: trains BLIP as the environment says";

void write_tiny_model(const fs::path& folder) {
  const Json tower = {
      {"hidden_size", 16}, {"intermediate_size", 32}, {"num_hidden_layers", 1}, {"num_attention_heads", 2}};
  Json model = {{"model_type", "blip"},
                {"architectures", {"BlipForPreTraining"}},
                {"image_text_hidden_size", 8},
                {"vision_config", tower},
                {"text_config", tower}};
  model["vision_config"]["image_size"] = 16;
  model["vision_config"]["patch_size"] = 8;
  model["text_config"].update(Json{{"max_position_embeddings", 24}, {"bos_token_id", 1}, {"sep_token_id", 2}});
  write_file(folder / "blip.json", model.dump());
}

BlipTrainOptions tiny_blip_options(const fs::path& folder, const std::string& out, const Json& more) {
  spdlog::set_level(spdlog::level::off);
  BlipTrainOptions options;
  OptionSet set = OptionSet::of(options);
  Json json = {{"data", (folder / "data").string()},
               {"out", (folder / out).string()},
               {"batch_size", 8},
               {"epochs", 2},
               {"lr", 1e-3},
               {"warmup_steps", 2},
               {"log_every", 1},
               {"threads", 1},
               {"workers", 1},
               {"ema_decay", 0.9},
               {"queue_size", 20},
               {"validation_tokens", 4}};
  if (!more.contains("init")) {
    json["model"] = (folder / "blip.json").string();
    json["vocab_size"] = 60;
  }
  json.update(more);
  set.set_json(json, "test");
  return options;
}

bool run_child(const fs::path& folder, const std::string& out, const Json& more, std::optional<Kill> kill = {}) {
  BlipTrainOptions options = tiny_blip_options(folder, out, more);
  return in_child(kChild, OptionSet::of(options).to_json(), folder / out, kill);
}

}  // namespace

TEST_CASE("train_blip: each task writes folders that load, and logs its losses") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  write_tiny_model(dir.path());
  for (const char* task : {"caption", "retrieval", "pretrain"}) {
    const TrainSummary summary = train_blip(tiny_blip_options(dir.path(), task, {{"task", task}}));
    CHECK(summary.steps == 6);
    for (const char* which : {"best", "last"}) {
      const BlipBundle<torch::Tensor> bundle = load_blip_bundle<torch::Tensor>(dir.path() / task / which);
      CHECK(bundle.tokenizer->kind() == "wordpiece");
      CHECK(bundle.model.config.text.bos_token_id == bundle.tokenizer->vocab_size());
    }
    const std::string log = read_file(dir.path() / task / "results.jsonl");
    CHECK((log.find("loss_language") != std::string::npos) == (std::string(task) != "retrieval"));
    CHECK((log.find("loss_contrast_match") != std::string::npos) == (std::string(task) != "caption"));
  }
  // A part of the pre-trained model, tuned further, with its vision tower as it is.
  const TrainSummary tuned = train_blip(tiny_blip_options(
      dir.path(), "tuned",
      {{"task", "caption"}, {"init", (dir / "pretrain/best").string()}, {"freeze_image", true}, {"prompt", "thing"}}));
  CHECK(tuned.steps == 6);
  const auto before = load_blip_bundle<torch::Tensor>(dir / "pretrain/best");
  const auto after = load_blip_bundle<torch::Tensor>(dir / "tuned/last");
  CHECK(after.model.vision.cls_token.equal(before.model.vision.cls_token));
  CHECK(!after.model.text_decoder.word_embeddings.weight.equal(before.model.text_decoder.word_embeddings.weight));
}

TEST_CASE("train_blip: what is cached of a frozen tower is what it gives") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  write_tiny_model(dir.path());
  train_blip(tiny_blip_options(dir.path(), "first", {{"task", "pretrain"}, {"epochs", 1}}));
  const Json more = {{"task", "caption"},         {"init", (dir / "first/best").string()}, {"freeze_image", true},
                     {"captions_per_picture", 3}, {"cache", (dir / "cache").string()},     {"bf16", true},
                     {"feature_dropout", 0.2}};
  train_blip(tiny_blip_options(dir.path(), "a", more));
  train_blip(tiny_blip_options(dir.path(), "b", more));  // from the cache
  CHECK(same_end(dir / "a", dir / "b"));
  Json undropped = more;
  undropped["feature_dropout"] = 0;
  train_blip(tiny_blip_options(dir.path(), "undropped", undropped));
  CHECK(!same_end(dir / "a", dir / "undropped"));
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(dir / "cache")) files += entry.is_regular_file();
  CHECK(files == 4);  // one a split, with the names of its rows
  // Another leg, whose text part has changed, and a part of the split: nothing is computed again.
  Json leg = more;
  leg["init"] = (dir / "a/last").string();
  leg["train_split"] = "val";
  leg["batch_size"] = 4;
  train_blip(tiny_blip_options(dir.path(), "c", leg));
  files = 0;
  for (const auto& entry : fs::directory_iterator(dir / "cache")) files += entry.is_regular_file();
  CHECK(files == 4);
}

TEST_CASE("train_blip: a calibrated matching head keeps at 0.5 as many captions as it removes random ones") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  write_tiny_model(dir.path());
  const Json more = {{"task", "retrieval"}, {"random_mismatches", 0.5}, {"balance_matching", true}, {"keep", "match"}};
  Json calibrated = more;
  calibrated["calibrate_matching"] = true;
  const TrainSummary plain = train_blip(tiny_blip_options(dir.path(), "plain", more));
  const TrainSummary moved = train_blip(tiny_blip_options(dir.path(), "moved", calibrated));
  CHECK(plain.best_validation == moved.best_validation);
  const double boundary = moved.best_validation["match"]["boundary"].get<double>();
  const auto bias = [&](const char* run) {
    return load_blip_bundle<torch::Tensor>(dir / run / "best").model.itm_head.bias;
  };
  const torch::Tensor difference = bias("plain") - bias("moved");
  CHECK(difference[0].item<double>() == 0);
  CHECK(difference[1].item<double>() == doctest::Approx(boundary).epsilon(1e-4));
}

TEST_CASE("train_blip: adapters train alone, in every task, and are merged when saved") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  write_tiny_model(dir.path());
  train_blip(tiny_blip_options(dir.path(), "first", {{"task", "pretrain"}, {"epochs", 1}}));
  const auto before = load_blip_bundle<torch::Tensor>(dir / "first/best").model;
  for (const char* task : {"caption", "retrieval", "pretrain"}) {
    const Json more = {{"task", task},
                       {"init", (dir / "first/best").string()},
                       {"freeze_image", true},
                       {"lora_rank", 2},
                       {"checkpoint_every", 1},
                       {"epochs", 3},
                       {"lr", 1e-2}};
    const std::string out = std::string("lora_") + task, killed = out + "_killed";
    REQUIRE(run_child(dir.path(), out, more));
    run_child(dir.path(), killed, more, Kill{3, 300});
    REQUIRE(run_child(dir.path(), killed, more));
    CHECK(same_end(dir / out, dir / killed));
    CHECK(fs::exists(dir / out / "last/adapter/adapter_model.safetensors"));
    const auto after = load_blip_bundle<torch::Tensor>(dir / out / "last").model;
    const bool writes = std::string(task) == "caption";
    const auto& old_text = writes ? before.text_decoder : before.text_encoder;
    const auto& new_text = writes ? after.text_decoder : after.text_encoder;
    CHECK(new_text.word_embeddings.weight.equal(old_text.word_embeddings.weight));
    CHECK(new_text.layers[0].self.key.weight.equal(old_text.layers[0].self.key.weight));
    CHECK(!new_text.layers[0].self.query.weight.equal(old_text.layers[0].self.query.weight));
    CHECK(!new_text.layers[0].cross.value.weight.equal(old_text.layers[0].cross.value.weight));
  }
}

/// Pictures whose questions have two answers, the first given by most.
void write_tiny_questions(const fs::path& folder) {
  write_tiny_data(folder);
  std::vector<Record> records = load_records(folder / "data", {});
  ManifestWriter writer(folder / "data");
  for (size_t i = 0; i < records.size(); ++i) {
    Record& r = records[i];
    const std::string answer = i % 2 == 0 ? "yes" : "no";
    r.questions = {{"is it even?", {answer, answer, answer, answer, "maybe"}, "yes/no"}, {"nobody answered", {}, ""}};
    writer.add(r);
  }
  writer.commit({{"records", records.size()}});
}

TEST_CASE("train_blip: a question answerer learns its answers, written and ranked") {
  const ScratchFolder dir;
  write_tiny_questions(dir.path());
  write_tiny_model(dir.path());
  const Json more = {{"task", "vqa"},  {"epochs", 60},         {"lr", 1e-2},
                     {"dropout", 0},   {"label_smoothing", 0}, {"val_split", "train"},
                     {"ema_decay", 0}, {"validate_every", 10}, {"validation_tokens", 3}};
  const TrainSummary written = train_blip(tiny_blip_options(dir.path(), "written", more));
  CHECK(written.best_validation["questions"] == 24);
  CHECK(written.best_validation["accuracy"].get<double>() > 0.9);
  CHECK(load_blip_bundle<torch::Tensor>(written.best).model.config.kind == BlipKind::vqa);
  Json ranked = more;
  ranked["closed_answers"] = 2;  // "yes" and "no"; "maybe" is rarer
  const TrainSummary chosen = train_blip(tiny_blip_options(dir.path(), "ranked", ranked));
  CHECK(chosen.best_validation["accuracy"].get<double>() > 0.9);
  Json killed = more;
  killed.update(Json{{"epochs", 3}, {"checkpoint_every", 1}});
  REQUIRE(run_child(dir.path(), "whole", killed));
  run_child(dir.path(), "killed", killed, Kill{3, 300});
  REQUIRE(run_child(dir.path(), "killed", killed));
  CHECK(same_end(dir / "whole", dir / "killed"));
}

TEST_CASE("train_blip: killed and continued ends with the same bytes") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  write_tiny_model(dir.path());
  const Json more = {{"task", "pretrain"}, {"checkpoint_every", 1}, {"epochs", 4}};
  REQUIRE(run_child(dir.path(), "whole", more));
  REQUIRE(!run_child(dir.path(), "killed", more, Kill{4, 500}));
  REQUIRE(run_child(dir.path(), "killed", more));
  CHECK(same_end(dir / "whole", dir / "killed"));
}

TEST_CASE("train_blip: a captioner learns its pictures' captions by heart") {
  const ScratchFolder dir;
  write_tiny_data(dir.path());
  write_tiny_model(dir.path());
  const Json more = {{"task", "caption"},    {"epochs", 60},         {"lr", 1e-2},
                     {"dropout", 0},         {"label_smoothing", 0}, {"val_split", "train"},
                     {"validate_every", 60}, {"ema_decay", 0},       {"validation_tokens", 12}};
  train_blip(tiny_blip_options(dir.path(), "run", more));
  const std::string log = read_file(dir / "run/results.jsonl");
  const auto loss_at = [&](size_t at) {
    const size_t begin = log.find("\"loss_language\":", at) + 16;
    return std::stod(log.substr(begin, 20));
  };
  CHECK(loss_at(log.rfind("\"loss_language\":")) < 0.5 * loss_at(0));
}

TEST_CASE("train_blip: options that contradict each other") {
  const auto error = [](const std::function<void(BlipTrainOptions&)>& change) {
    BlipTrainOptions o;
    o.model = "model.json";
    o.vocab_size = 100;
    change(o);
    return error_of([&] { o.check(); });
  };
  CHECK(error([](auto&) {}).empty());
  CHECK(error([](auto& o) { o.init = "folder"; }) == "[train blip] expected one of --model and --init, got both");
  CHECK(error([](auto& o) { o.model = ""; }) == "[train blip] expected one of --model and --init, got neither");
  CHECK(error([](auto& o) { o.vocab_size = 0; }) ==
        "[train blip] expected one of --tokenizer, --vocab-size and --text-tower with --model, got none");
  CHECK(error([](auto& o) { o.freeze_image = true; }) ==
        "[train blip] expected a pretrained vision tower with --freeze-image (--init or --image-tower)");
  CHECK(error([](auto& o) { o.feature_dropout = 0.1; }) ==
        "[train blip] expected --freeze-image with --feature-views and --feature-dropout");
  CHECK(error([](auto& o) { o.task = "retrieval", o.captions_per_picture = 2; }) ==
        "[train blip] expected --task caption with --captions-per-picture, got retrieval");
  CHECK(error([](auto& o) { o.text_tower = "bert", o.vocab_size = 0; }) ==
        "[train blip] expected --task retrieval with --text-tower, got caption");
  CHECK(error([](auto& o) { o.task = "retrieval", o.prompt = "a picture of"; }) ==
        "[train blip] expected no --prompt with --task retrieval");
  CHECK(error([](auto& o) { o.keep = "match"; }) ==
        "[train blip] expected --task retrieval or pretrain with --random-mismatches, --balance-matching, "
        "--calibrate-matching and --keep, got caption");
  CHECK(error([](auto& o) { o.closed_answers = 5; }) ==
        "[train blip] expected --task vqa with --closed-answers, got caption");
  CHECK(error([](auto& o) { o.lora_rank = 4; }) == "[train blip] expected --init and --freeze-image with --lora-rank");
  CHECK(error([](auto& o) { o.betas = {0.9}; }) == "[train blip] expected two --betas in [0, 1), got [0.9]");
}

TEST_CASE("child process: trains BLIP as the environment says" * doctest::skip()) {
  const char* words = std::getenv(kChildOptions);
  if (words == nullptr) return;  // run by hand with --no-skip
  spdlog::set_level(spdlog::level::off);
  BlipTrainOptions options;
  OptionSet::of(options).set_json(Json::parse(words), "test");
  train_blip(options);
}

}  // namespace sensorium::test
