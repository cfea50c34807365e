#include "sensorium/apps/index_commands.h"
#include "sensorium/apps/retrieval_run.h"
#include "sensorium/eval/probability.h"
#include "sensorium/index/vector_index.h"
#include "sensorium/models/model_hash.h"

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium index calibrate",
    "Learns from a prepared split, which the model was not trained on, what scores mean: how probable a picture that "
    "a\n"
    "text finds is meant, and below which probability most of what is found for a text whose picture is not there "
    "lies.",
    "sensorium index calibrate photos.index --model out/clip/best --data out/data --split val"};

struct Options {
  std::string place, model, data, split = "val";
  std::vector<std::string> languages;
  int batch_size = 32, nearest = 10;
  double rejected = 0.9;
  bool json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("place", place, "the index").positional().required();
    o.field("model", model, "checkpoint folder that the index was made for").required();
    o.field("data", data, "prepared data folder").required();
    o.field("split", split, "its split");
    o.field("languages", languages, "of captions; none: all");
    o.field("nearest", nearest, "pictures of each text that are judged").range(2, 1000);
    o.field("rejected", rejected, "share of texts without their picture for which nothing is to be found").range(0, 1);
    o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print JSON");
  }
};

/// Scores of the nearest pictures of each text, and whether each is the text's own; of the nearest that is not, and of
/// its own wherever that stands.
struct Judged {
  std::vector<double> scores, best_wrong, own;
  std::vector<uint8_t> meant;
};

Judged judge(const EmbeddedSplit& split, int nearest) {
  const auto width = static_cast<size_t>(split.width);
  const auto images = static_cast<size_t>(split.pairs.images);
  Judged judged;
  std::vector<double> scores(images);
  for (size_t text = 0; text < split.texts.size(); ++text) {
    dot_all({&split.text_rows[text * width], width}, {split.picture_rows, split.width}, scores);
    const auto own = static_cast<size_t>(split.pairs.image_of_text[text]);
    const auto best = top_k(scores, static_cast<size_t>(nearest));
    judged.own.push_back(scores[own]);
    bool wrong_seen = false;
    for (const size_t image : best) {
      judged.scores.push_back(scores[image]);
      judged.meant.push_back(image == own);
      if (image != own && !wrong_seen) judged.best_wrong.push_back(scores[image]);
      wrong_seen |= image != own;
    }
  }
  return judged;
}

ScoreCalibration learn(const Options& options, Judged judged) {
  ScoreCalibration c = fit_calibration(judged.scores, judged.meant);
  if (c.slope <= 0)
    throw InputError(kInfo.name, "expected texts to be nearer to their own pictures than to others, got the contrary");
  c.modality = "text";
  c.kind = "picture";
  std::sort(judged.best_wrong.begin(), judged.best_wrong.end());
  const auto last = static_cast<double>(judged.best_wrong.size() - 1);
  c.cut_off = c.probability(judged.best_wrong[static_cast<size_t>(options.rejected * last)]);
  return c;
}

/// Part of the texts whose own picture is not left out.
double kept_of(const Judged& judged, const ScoreCalibration& c) {
  const auto kept =
      std::count_if(judged.own.begin(), judged.own.end(), [&](double s) { return c.probability(s) >= c.cut_off; });
  return static_cast<double>(kept) / static_cast<double>(judged.own.size());
}

}  // namespace

int run_index_calibrate(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const auto index = open_index(options.place, model_hash(options.model));
  const Embedder model = load_embedder(options.model, options.runtime);
  require_pictures(model, kInfo.name, options.model);
  require_texts(model, kInfo.name, options.model);
  const EmbeddedSplit split =
      embed_split({options.data, options.split, options.languages, options.batch_size, options.runtime.threads}, model);
  if (split.pairs.images < 2 || split.texts.empty())
    throw InputError(kInfo.name, "{}: expected at least 2 pictures with captions in the split \"{}\", got {}",
                     options.data, options.split, split.pairs.images);
  const Judged judged = judge(split, options.nearest);
  const ScoreCalibration c = learn(options, judged);
  const double kept = kept_of(judged, c);
  index->calibrate(std::span(&c, 1));
  if (options.json) {
    OrderedJson json = to_json(c);
    json["kept"] = kept;
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print(
        "from {} judged pairs: probability 0.5 at a score of {:.4f}; what is below {:.3f} is left out,\n"
        "and with it the picture that is meant for {:.1f} % of the texts (fewer with a lower --rejected)\n",
        c.pairs, -c.offset / c.slope, c.cut_off, 100 * (1 - kept));
  }
  return 0;
}

}  // namespace sensorium
