#include "sensorium/apps/evaluate_match.h"

#include "sensorium/apps/blip_command.h"
#include "sensorium/apps/leakage_gate.h"
#include "sensorium/base/rng.h"
#include "sensorium/eval/score_curves.h"
#include "sensorium/serve/model/blip_match.h"

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium evaluate match",
                        "Says how well a BLIP matching model tells captions that belong to a picture from captions "
                        "that do not: random ones\n"
                        "of other pictures, and hard ones, the caption of another picture whose vector is nearest.",
                        "sensorium evaluate match --model out/matcher --data data/photos --split val"};

struct Options {
  std::string model, data, split = "test";
  std::vector<std::string> languages;
  double threshold = 0.5;
  int batch_size = 8;
  uint64_t seed = 0;
  bool allow_seen = false, json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("model", model, "checkpoint folder of a matching model").required();
    o.field("data", data, "folder made by data prepare").required();
    o.field("split", split, "split of it");
    o.field("languages", languages, "languages of captions; all if none is given");
    o.field("threshold", threshold, "a match is a probability of at least this").range(0, 1);
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    o.field("seed", seed, "seed of the random captions");
    runtime.describe(o);
    o.field("allow_seen", allow_seen, "evaluate even on pictures that the model was trained on");
    o.field("json", json, "print JSON");
  }
};

/// All captions of the split: texts, the record of each, unit vectors.
struct CaptionTable {
  std::vector<std::string> texts;
  std::vector<size_t> record;
  std::vector<float> rows;
  std::vector<size_t> first;  // of each record, and one past the last
};

CaptionTable read_captions(const BlipModel& model, const std::vector<Record>& records) {
  CaptionTable table;
  for (size_t r = 0; r < records.size(); ++r) {
    table.first.push_back(table.texts.size());
    for (const Caption& c : records[r].captions) {
      table.texts.push_back(c.text);
      table.record.push_back(r);
    }
  }
  table.first.push_back(table.texts.size());
  table.rows = prepare_texts(kInfo.name, model, table.texts).rows;
  return table;
}

/// A caption of another picture, at random.
size_t random_caption(const CaptionTable& table, size_t record, uint64_t seed) {
  const size_t first = table.first[record], own = table.first[record + 1] - first;
  CounterRng rng(mix_seed(seed, {record}));
  const size_t other = rng.below(table.texts.size() - own);
  return other < first ? other : other + own;
}

/// The caption of another picture whose vector is nearest to the picture's.
size_t hard_caption(const CaptionTable& table, size_t record, std::span<const float> picture) {
  size_t best = 0;
  double most = -2;
  for (size_t t = 0; t < table.texts.size(); ++t) {
    if (table.record[t] == record) continue;
    double cosine = 0;
    for (size_t k = 0; k < picture.size(); ++k)
      cosine += static_cast<double>(picture[k]) * static_cast<double>(table.rows[t * picture.size() + k]);
    if (cosine > most) most = cosine, best = t;
  }
  return best;
}

/// Probabilities of one kind of caption, one a picture.
struct Outcome {
  std::vector<double> match, random, hard;
};

void evaluate_picture(const Options& options, const BlipModel& model, const CaptionTable& table, size_t record,
                      const LookedAt& looked, size_t row, Outcome& out) {
  CounterRng rng(mix_seed(options.seed, {record, 1}));
  const size_t own = table.first[record] + rng.below(table.first[record + 1] - table.first[record]);
  const std::vector<std::string> texts{table.texts[own], table.texts[random_caption(table, record, options.seed)],
                                       table.texts[hard_caption(table, record, looked.vector(row))]};
  const std::vector<MatchScore> scores = match_row(model, looked, row, prepare_texts(kInfo.name, model, texts));
  out.match.push_back(scores[0].probability);
  out.random.push_back(scores[1].probability);
  out.hard.push_back(scores[2].probability);
}

double share(const std::vector<double>& values, double threshold, bool at_least) {
  const auto n = std::count_if(values.begin(), values.end(), [&](double v) { return (v >= threshold) == at_least; });
  return static_cast<double>(n) / static_cast<double>(values.size());
}

/// Of matches against one kind of mismatches.
OrderedJson figures(const std::vector<double>& match, const std::vector<double>& mismatch, double threshold) {
  std::vector<uint8_t> positive(match.size(), 1);
  positive.resize(match.size() + mismatch.size(), 0);
  std::vector<double> scores = match;
  scores.insert(scores.end(), mismatch.begin(), mismatch.end());
  const double kept = share(match, threshold, true), removed = share(mismatch, threshold, false);
  return {{"accuracy", (kept + removed) / 2},
          {"matches_kept", kept},
          {"mismatches_removed", removed},
          {"roc_auc", roc_auc(positive, scores)}};
}

void print(const OrderedJson& result) {
  fmt::print("{} pictures, a match is a probability of at least {}\n", result["pictures"].get<size_t>(),
             result["threshold"].get<double>());
  fmt::print("{:20} {:>9} {:>13} {:>19} {:>8}\n", "against", "accuracy", "matches kept", "mismatches removed",
             "ROC AUC");
  for (const char* kind : {"random", "hard"}) {
    const OrderedJson& f = result[kind];
    fmt::print("{:20} {:8.1f}% {:12.1f}% {:18.1f}% {:8.3f}\n", std::string(kind) + " captions",
               100 * f["accuracy"].get<double>(), 100 * f["matches_kept"].get<double>(),
               100 * f["mismatches_removed"].get<double>(), f["roc_auc"].get<double>());
  }
}

}  // namespace

int run_evaluate_match(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const BlipModel model =
      load_blip_model(kInfo.name, options.model, {BlipKind::retrieval, BlipKind::pretraining}, options.runtime);
  refuse_seen_pictures(options.model, options.data, options.split, options.languages, options.allow_seen);
  const std::vector<Record> records = load_records(options.data, {{options.split}, options.languages, {}, true});
  if (records.size() < 2)
    throw InputError(kInfo.name, "{}: expected at least 2 captioned pictures of split \"{}\", got {}", options.data,
                     options.split, records.size());
  const CaptionTable table = read_captions(model, records);
  std::vector<fs::path> files;
  for (const Record& record : records) files.push_back(picture_path(options.data, record));
  Outcome outcome;
  for_each_pixels(kInfo.name, walk_list(files), model.processor,
                  {options.batch_size, options.runtime.threads, files.size()},
                  [&](const PixelBatch& batch, const rt::Tensor& pixels) {
                    const LookedAt looked = look_to_match(model, pixels);
                    for (size_t i = 0; i < batch.items.size(); ++i)
                      evaluate_picture(options, model, table, batch.indices[i], looked, i, outcome);
                  });
  const OrderedJson result{{"pictures", outcome.match.size()},
                           {"threshold", options.threshold},
                           {"random", figures(outcome.match, outcome.random, options.threshold)},
                           {"hard", figures(outcome.match, outcome.hard, options.threshold)}};
  if (options.json)
    fmt::print("{}\n", result.dump(2));
  else
    print(result);
  return 0;
}

}  // namespace sensorium
