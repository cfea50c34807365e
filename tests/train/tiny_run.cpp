#include "tests/train/tiny_run.h"

#include "sensorium/base/log.h"
#include "sensorium/data/manifest.h"
#include "tests/data/corpus.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <cstdlib>

namespace sensorium::test {
namespace {

constexpr const char* kChildCase = "child process: trains what the environment says";

}  // namespace

void write_tiny_data(const fs::path& folder) {
  const fs::path data = folder / "data";
  make_directories(data);
  ManifestWriter writer(data);
  for (int i = 0; i < 30; ++i) {
    Record r;
    r.id = fmt::format("p{}", i);
    r.image = r.id + ".png";
    r.split = i < 24 ? "train" : "val";
    write_picture(data / r.image, blocks(static_cast<uint64_t>(i)));
    for (int c = 0; c < 2; ++c) r.captions.push_back({fmt::format("thing {} seen {}", i, c), "en", "caption"});
    writer.add(r);
  }
  writer.commit({{"records", 30}});
  const Json tower = {
      {"hidden_size", 16}, {"intermediate_size", 32}, {"num_hidden_layers", 1}, {"num_attention_heads", 2}};
  Json model = {{"model_type", "clip"}, {"projection_dim", 8}, {"vision_config", tower}, {"text_config", tower}};
  model["vision_config"]["image_size"] = 16;
  model["vision_config"]["patch_size"] = 8;
  model["text_config"]["max_position_embeddings"] = 16;
  write_file(folder / "model.json", model.dump());
}

ClipTrainOptions tiny_options(const fs::path& folder, const std::string& out, const Json& more) {
  spdlog::set_level(spdlog::level::off);
  ClipTrainOptions options;
  OptionSet set = OptionSet::of(options);
  Json json = {{"data", (folder / "data").string()},
               {"out", (folder / out).string()},
               {"batch_size", 8},
               {"epochs", 4},
               {"warmup_steps", 2},
               {"log_every", 2},
               {"threads", 1},
               {"workers", 1},
               {"ema_decay", 0.9},
               {"augment", {{"scale_min", 0.6}, {"flip", 0.5}}}};
  if (!more.contains("init")) {
    json["model"] = (folder / "model.json").string();
    json["vocab_size"] = 520;
  }
  json.update(more);
  set.set_json(json, "test");
  return options;
}

bool train_in_child(const fs::path& folder, const std::string& out, const Json& more, std::optional<Kill> kill) {
  ClipTrainOptions options = tiny_options(folder, out, more);
  return in_child(kChildCase, OptionSet::of(options).to_json(), folder / out, kill);
}

bool in_child(const std::string& test_case, const OrderedJson& options, const fs::path& run, std::optional<Kill> kill) {
  const std::string words = options.dump(), filter = "--test-case=" + test_case;
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(kChildOptions, words.c_str(), 1);
    ::execl("/proc/self/exe", "test_train", "--no-skip", "--minimal", filter.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  if (kill) {
    auto written = [&] {
      std::error_code absent;
      return fs::last_write_time(run / "last/state.json", absent);
    };
    auto last = written();
    for (int seen = 0; seen < kill->checkpoints; ::usleep(200)) {
      if (::waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (const auto now = written(); now != last) last = now, ++seen;
    }
    ::usleep(static_cast<useconds_t>(kill->then_us));
    ::kill(child, SIGKILL);
  }
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("child process: trains what the environment says" * doctest::skip()) {
  const char* words = std::getenv(kChildOptions);
  if (words == nullptr) return;  // run by hand with --no-skip
  spdlog::set_level(spdlog::level::off);
  ClipTrainOptions options;
  OptionSet::of(options).set_json(Json::parse(words), "test");
  train_clip(options);
}

bool same_end(const fs::path& a, const fs::path& b) {
  for (const char* file : {"last/state.safetensors", "last/model.safetensors", "best/model.safetensors"})
    if (read_file(a / file) != read_file(b / file)) return false;
  return true;
}

}  // namespace sensorium::test
