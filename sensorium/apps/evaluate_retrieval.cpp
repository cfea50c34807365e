#include "sensorium/apps/evaluate_retrieval.h"

#include "sensorium/apps/leakage_gate.h"
#include "sensorium/apps/retrieval_run.h"
#include "sensorium/base/options.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium evaluate retrieval",
    "Says how well a model finds captions by pictures and pictures by captions: recall and ranks with 95 % bootstrap\n"
    "intervals over pictures, ties counted by expectation, beside what chance gives.",
    "sensorium evaluate retrieval --model out/clip --data data/builtin --split test --languages en"};

struct Options {
  std::string model, data, split = "test";
  std::vector<std::string> languages;
  int batch_size = 32, bootstrap = 1000;
  uint64_t seed = 0;
  bool allow_seen = false, json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder").required();
    o.field("data", data, "folder made by data prepare").required();
    o.field("split", split, "split of it");
    o.field("languages", languages, "languages of captions; all if none is given");
    o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
    o.field("bootstrap", bootstrap, "resamples for the intervals").range(1, 1000000);
    o.field("seed", seed, "seed of the resamples");
    runtime.describe(o);
    o.field("allow_seen", allow_seen, "evaluate even on pictures that the model was trained on");
    o.field("json", json, "print JSON");
  }
};

}  // namespace

int run_evaluate_retrieval(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  read_manifest_header(options.data);  // a wrong folder ends here, before a model is loaded
  refuse_seen_pictures(options.model, options.data, options.split, options.languages, options.allow_seen);
  const Embedder model = load_embedder(options.model, options.runtime);
  require_pictures(model, kInfo.name, options.model);
  require_texts(model, kInfo.name, options.model);
  const EmbeddedSplit split =
      embed_split({options.data, options.split, options.languages, options.batch_size, options.runtime.threads}, model);
  warn_skipped(split.skipped);
  const RetrievalMetrics metrics = evaluate_split(split, {options.bootstrap, options.seed, options.runtime.threads});
  if (!options.json) {
    fmt::print("{}", to_table(metrics));
    return 0;
  }
  OrderedJson json{{"model", options.model},
                   {"data", options.data},
                   {"split", options.split},
                   {"languages", options.languages},
                   {"skipped", split.skipped.to_json()}};
  json.update(to_json(metrics));
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

}  // namespace sensorium
