#include "sensorium/apps/evaluate_retrieval.h"

#include "sensorium/apps/leakage_gate.h"
#include "sensorium/apps/retrieval_run.h"
#include "sensorium/base/options.h"
#include "sensorium/eval/item_file.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium evaluate retrieval",
    "Says how well a model finds captions by pictures and pictures by captions: recall and ranks with 95 % bootstrap\n"
    "intervals over pictures, ties counted by expectation, beside what chance gives.",
    "sensorium evaluate retrieval --model out/clip --data data/builtin --split test --languages en"};

struct Options {
  std::string model, data, split = "test", items;
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
    o.field("items", items, "write the rank of each picture and caption (JSON lines)");
    o.field("json", json, "print JSON, with CLIP_benchmark's figures under \"metrics\"");
  }
};

/// Ranks by query: pictures by their record's id, captions by "ID#n".
void write_items(const Options& options, const EmbeddedSplit& split, const RetrievalMetrics& metrics) {
  ItemWriter writer(options.items, {{"task", "retrieval"}, {"model", options.model}, {"data", options.data}});
  const auto add = [&](const std::string& id, double rank) {
    const auto within = [rank](double k) { return rank <= k ? 1.0 : 0.0; };
    writer.add({id, {{"rank", rank}, {"within_1", within(1)}, {"within_10", within(10)}}, "", {}});
  };
  std::vector<size_t> captions(split.records.size());
  for (size_t j = 0; j < split.pairs.image_of_text.size(); ++j) {
    const auto i = static_cast<size_t>(split.pairs.image_of_text[j]);
    add(fmt::format("{}#{}", split.records[i].id, captions[i]++), metrics.text_to_image.ranks[j]);
  }
  size_t query = 0;  // pictures without captions are none
  for (size_t i = 0; i < split.records.size(); ++i)
    if (captions[i] > 0) add(split.records[i].id, metrics.image_to_text.ranks[query++]);
  writer.commit();
}

OrderedJson benchmark_metrics(const RetrievalMetrics& m) {
  return {{"image_retrieval_recall@1", m.text_to_image.recall[0].value},
          {"image_retrieval_recall@5", m.text_to_image.recall[1].value},
          {"image_retrieval_recall@10", m.text_to_image.recall[2].value},
          {"text_retrieval_recall@1", m.image_to_text.recall[0].value},
          {"text_retrieval_recall@5", m.image_to_text.recall[1].value},
          {"text_retrieval_recall@10", m.image_to_text.recall[2].value}};
}

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
  const RetrievalMetrics metrics = evaluate_split(split, {options.bootstrap, options.seed, options.runtime.threads});
  if (!options.items.empty()) write_items(options, split, metrics);
  if (!options.json) {
    fmt::print("{}", to_table(metrics));
    return 0;
  }
  OrderedJson json{{"model", options.model},
                   {"data", options.data},
                   {"split", options.split},
                   {"languages", options.languages},
                   {"skipped", split.skipped.to_json()},
                   {"task", "zeroshot_retrieval"},
                   {"metrics", benchmark_metrics(metrics)}};
  json.update(to_json(metrics));
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  return 0;
}

}  // namespace sensorium
