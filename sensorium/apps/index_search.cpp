#include "sensorium/apps/index_commands.h"
#include "sensorium/apps/picture_index.h"
#include "sensorium/apps/vector_file.h"
#include "sensorium/index/vector_index.h"
#include "sensorium/models/model_hash.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium index search",
    "Finds the items nearest to words, to a picture, or to both by weight.\n"
    "With --vectors, the items nearest to each of many ready vectors, which need no model.\n"
    "Where the index is calibrated, each match has a probability, and what is below the learnt cut-off is left out.",
    "sensorium index search photos.index \"a dog on the beach\" --model out/clip\n"
    "sensorium index search photos.index --image dog.jpg --filter '{\"lang\": \"en\"}' --model out/clip\n"
    "sensorium index search photos.index \"at night\" --image town.jpg --weight 0.5 --model out/clip\n"
    "sensorium index search items.index --vectors questions.npy --json"};

struct Options {
  std::string place, query, image, vectors, model, filter;
  std::vector<std::string> kinds;
  int top_k = 10;
  double weight = 1, min_probability = -1;
  bool json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("place", place, "the index").positional().required();
    o.field("query", query, "words to search for").positional();
    o.field("image", image, "picture to search for");
    o.field("vectors", vectors, "vectors to search for: X.npy with X.ids.txt, as sensorium embed writes them");
    o.field("model", model, "checkpoint folder that the index was made for; none with --vectors");
    o.field("weight", weight, "of the picture beside the words, which have 1").range(-100, 100);
    o.field("kinds", kinds, "kinds of vectors looked at (picture, caption, ...); none: all");
    o.field("filter", filter, "condition on the metadata, as JSON");
    o.field("min_probability", min_probability, "what a match must reach; below 0: the learnt cut-off").range(-1, 1);
    o.field("top_k", top_k, "items shown").range(1, 10000);
    runtime.describe(o);
    o.field("json", json, "print JSON");
  }
};

std::vector<float> embed_image(const Embedder& model, const std::string& file) {
  return model.encode_pixels(model.processor->process(read_image_alpha(file)));
}

/// All of a query but what it is about.
IndexQuery how_to_search(const Options& options) {
  IndexQuery query;
  query.k = options.top_k;
  query.kinds = options.kinds;
  if (!options.filter.empty()) query.filter = parse_json(options.filter, "--filter");
  if (options.min_probability >= 0) query.min_probability = options.min_probability;
  return query;
}

IndexQuery make_query(const Options& options, const Embedder& model) {
  IndexQuery query = how_to_search(options);
  if (!options.query.empty()) {
    require_texts(model, kInfo.name, options.model);
    query.parts.emplace_back(embed_all_texts(model, std::span(&options.query, 1), 1), 1.0);
  }
  if (!options.image.empty()) {
    require_pictures(model, kInfo.name, options.model);
    query.parts.emplace_back(embed_image(model, options.image), options.query.empty() ? 1.0 : options.weight);
  }
  query.modality = options.query.empty() ? "picture" : "text";
  return query;
}

void print_lines(const std::vector<IndexMatch>& matches) {
  for (const IndexMatch& m : matches)
    fmt::print("{:7.4f}  {}{}\n", m.score, m.probability ? fmt::format("{:4.0f} %  ", *m.probability * 100) : "", m.id);
  if (matches.empty()) fmt::print("nothing found\n");
}

OrderedJson results_of(const std::vector<IndexMatch>& matches) {
  OrderedJson results = OrderedJson::array();
  for (const IndexMatch& m : matches) results.push_back(m.to_json());
  return results;
}

void print_matches(const Options& options, const std::vector<IndexMatch>& matches) {
  if (!options.json) {
    print_lines(matches);
    return;
  }
  const OrderedJson json{{"query", options.query}, {"image", options.image}, {"results", results_of(matches)}};
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// Each vector's name and its matches below; as JSON, an object a line.
void search_vectors(const Options& options) {
  const auto index = open_index(options.place);
  const NamedVectors vectors = read_named_vectors(kInfo.name, options.vectors, index->options().width);
  std::vector<IndexQuery> queries(vectors.ids.size(), how_to_search(options));
  // Of no modality that calibration knows: what made the vectors is not told.
  for (size_t i = 0; i < queries.size(); ++i) {
    const auto row = vectors.row(i);
    queries[i].modality = "vector";
    queries[i].parts.emplace_back(std::vector<float>(row.begin(), row.end()), 1.0);
  }
  const auto matches = index->search_all(queries);
  for (size_t i = 0; i < matches.size(); ++i)
    if (options.json) {
      const OrderedJson line{{"query", vectors.ids[i]}, {"results", results_of(matches[i])}};
      fmt::print("{}\n", line.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
      fmt::print("{}\n", vectors.ids[i]);
      print_lines(matches[i]);
    }
}

}  // namespace

int run_index_search(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const bool asked = !options.query.empty() || !options.image.empty();
  if (options.vectors.empty() && !asked) throw UsageError(kInfo.name, "expected words, --image or both, got neither");
  if (!options.vectors.empty() && (asked || !options.model.empty()))
    throw UsageError(kInfo.name, "expected no words, no --image and no --model with --vectors, got one");
  if (!options.vectors.empty()) {
    search_vectors(options);
    return 0;
  }
  if (options.model.empty()) throw UsageError(kInfo.name, "expected --model, got none");
  const auto index = open_index(options.place, model_hash(options.model));
  const Embedder model = load_embedder(options.model, options.runtime);
  print_matches(options, index->search(make_query(options, model)));
  return 0;
}

}  // namespace sensorium
