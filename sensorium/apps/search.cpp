#include "sensorium/apps/search.h"

#include "sensorium/apps/picture_index.h"
#include "sensorium/base/json.h"
#include "sensorium/base/options.h"
#include "sensorium/eval/probability.h"
#include "sensorium/eval/similarity.h"
#include "sensorium/models/model_hash.h"

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium search",
                        "Finds the pictures of a folder that fit words, or another picture, best. The folder's "
                        "embeddings are kept, so only\n"
                        "new and changed pictures are looked at again.",
                        "sensorium search photos/ \"a dog on the beach\" --model out/clip\n"
                        "sensorium search photos/ --image dog.jpg --model out/clip\n"
                        "sensorium search photos/ \"a dog\" --model out/matcher --rerank 20"};

struct Options {
  std::string folder, query, image, model, cache;
  int top_k = 10, rerank = 0, batch_size = 32;
  bool json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("folder", folder, "folder of pictures").positional().required();
    o.field("query", query, "words to search for").positional();
    o.field("image", image, "picture to search for");
    o.field("model", model, "checkpoint folder").required();
    o.field("cache", cache,
            "file of kept embeddings; by default below $XDG_CACHE_HOME/sensorium or ~/.cache/sensorium");
    o.field("top_k", top_k, "pictures shown").range(1, 100000);
    o.field("rerank", rerank, "so many of the nearest are looked at again by a BLIP model's matching head; 0: none")
        .range(0, 100000);
    o.field("batch_size", batch_size, "pictures a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print JSON");
  }
};

std::vector<float> embed_query(const Options& options, const Embedder& model) {
  if (options.image.empty()) return embed_all_texts(model, std::span(&options.query, 1), 1);
  return model.encode_pixels(model.processor->process(read_image_alpha(options.image)));
}

/// The nearest pictures, best first by how well they and the words match, and these probabilities at their places in
/// `scores`. A picture that cannot be read any more is left out.
std::vector<size_t> rerank(const Options& options, const Embedder& model, const PictureIndex& index,
                           std::vector<double>& scores) {
  std::vector<size_t> kept;
  Pixels pixels = model.processor->pixels(1);
  for (const size_t i : top_k(scores, static_cast<size_t>(options.rerank))) {
    try {
      model.processor->process(read_image_alpha(index.pictures[i]), pixels.picture(0));
    } catch (const InputError&) {
      continue;
    }
    scores[i] = model.match(pixels, options.query).at(0);
    kept.push_back(i);
  }
  std::stable_sort(kept.begin(), kept.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  kept.resize(std::min(kept.size(), static_cast<size_t>(options.top_k)));
  return kept;
}

void check_rerank(const Options& options, const Embedder& model) {
  if (options.rerank == 0) return;
  if (!model.match)
    throw UsageError(kInfo.name,
                     "{}: expected a BLIP matching model with --rerank, got a model without a matching head",
                     options.model);
  if (options.query.empty()) throw UsageError(kInfo.name, "expected words with --rerank, got --image");
}

void print_results(const Options& options, const PictureIndex& index, const std::vector<double>& scores,
                   const std::vector<size_t>& best) {
  if (!options.json) {
    for (const size_t i : best) fmt::print("{:7.4f}  {}\n", scores[i], index.pictures[i].string());
    return;
  }
  OrderedJson results = OrderedJson::array();
  for (const size_t i : best) results.push_back({{"picture", index.pictures[i].string()}, {"score", scores[i]}});
  const OrderedJson json{{"query", options.image.empty() ? options.query : options.image},
                         {"pictures", index.pictures.size()},
                         {"embedded", index.embedded},
                         {"results", results}};
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

int run_search(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (options.query.empty() == options.image.empty())
    throw UsageError(kInfo.name, "expected either words or --image, got {}",
                     options.query.empty() ? "neither" : "both");
  const Embedder model = load_embedder(options.model, options.runtime);
  require_pictures(model, kInfo.name, options.model);
  if (options.image.empty()) require_texts(model, kInfo.name, options.model);

  check_rerank(options, model);
  const std::vector<float> query = embed_query(options, model);  // before the long work: a broken query ends here
  const std::string hash = model_hash(options.model);
  const fs::path cache = options.cache.empty() ? default_cache_file(options.folder, hash) : fs::path(options.cache);
  Tally skipped;
  const PictureIndex index =
      open_picture_index({options.folder, cache, hash, {options.batch_size, options.runtime.threads}}, model, skipped);
  warn_skipped(skipped);
  if (index.pictures.empty())
    throw InputError(kInfo.name, "{}: expected a picture that can be read, got none", options.folder);
  std::vector<double> scores(index.pictures.size());
  dot_all(query, {index.rows, model.width}, scores);
  const auto best =
      options.rerank > 0 ? rerank(options, model, index, scores) : top_k(scores, static_cast<size_t>(options.top_k));
  print_results(options, index, scores, best);
  return 0;
}

}  // namespace sensorium
