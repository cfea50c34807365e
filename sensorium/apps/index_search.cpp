#include "sensorium/apps/index_commands.h"
#include "sensorium/apps/picture_index.h"
#include "sensorium/index/vector_index.h"
#include "sensorium/models/model_hash.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium index search",
    "Finds the items nearest to words, to a picture, or to both by weight.\n"
    "Where the index is calibrated, each match has a probability, and what is below the learnt cut-off is left out.",
    "sensorium index search photos.index \"a dog on the beach\" --model out/clip\n"
    "sensorium index search photos.index --image dog.jpg --filter '{\"lang\": \"en\"}' --model out/clip\n"
    "sensorium index search photos.index \"at night\" --image town.jpg --weight 0.5 --model out/clip"};

struct Options {
  std::string place, query, image, model, filter;
  std::vector<std::string> kinds;
  int top_k = 10;
  double weight = 1, min_probability = -1;
  bool json = false;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("place", place, "the index").positional().required();
    o.field("query", query, "words to search for").positional();
    o.field("image", image, "picture to search for");
    o.field("model", model, "checkpoint folder that the index was made for").required();
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
  std::vector<float> pixels(model.processor->output_size());
  model.processor->process(read_image_alpha(file), pixels.data());
  return model.encode_pixels(pixels, 1);
}

IndexQuery make_query(const Options& options, const Embedder& model) {
  IndexQuery query;
  if (!options.query.empty()) {
    require_texts(model, kInfo.name, options.model);
    query.parts.emplace_back(embed_all_texts(model, std::span(&options.query, 1), 1), 1.0);
  }
  if (!options.image.empty()) {
    require_pictures(model, kInfo.name, options.model);
    query.parts.emplace_back(embed_image(model, options.image), options.query.empty() ? 1.0 : options.weight);
  }
  query.modality = options.query.empty() ? "picture" : "text";
  query.k = options.top_k;
  query.kinds = options.kinds;
  if (!options.filter.empty()) query.filter = parse_json(options.filter, "--filter");
  if (options.min_probability >= 0) query.min_probability = options.min_probability;
  return query;
}

void print_matches(const Options& options, const std::vector<IndexMatch>& matches) {
  if (!options.json) {
    for (const IndexMatch& m : matches)
      fmt::print("{:7.4f}  {}{}\n", m.score, m.probability ? fmt::format("{:4.0f} %  ", *m.probability * 100) : "",
                 m.id);
    if (matches.empty()) fmt::print("nothing found\n");
    return;
  }
  OrderedJson results = OrderedJson::array();
  for (const IndexMatch& m : matches) results.push_back(m.to_json());
  const OrderedJson json{{"query", options.query}, {"image", options.image}, {"results", results}};
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

int run_index_search(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (options.query.empty() && options.image.empty())
    throw UsageError(kInfo.name, "expected words, --image or both, got neither");
  const auto index = open_index(options.place, model_hash(options.model));
  const Embedder model = load_embedder(options.model, options.runtime);
  print_matches(options, index->search(make_query(options, model)));
  return 0;
}

}  // namespace sensorium
