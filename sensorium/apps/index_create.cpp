#include "sensorium/apps/index_commands.h"
#include "sensorium/apps/picture_index.h"
#include "sensorium/index/vector_index.h"
#include "sensorium/models/model_hash.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium index create",
    "Makes an empty index in a new folder. An index belongs to a model: vectors of another are refused.",
    "sensorium index create photos.index --model out/clip\n"
    "sensorium index create vectors.index --width 512 --type hnsw --storage int8\n"
    "sensorium index create postgresql://user@host/photos --model out/clip   # PostgreSQL with pgvector"};

struct Options {
  std::string place, model;
  bool json = false;
  IndexOptions index;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("place", place, "new folder, or a database: postgresql://...").positional().required();
    o.field("model", model, "checkpoint folder whose vectors it will hold; without it give --width");
    index.describe(o);
    runtime.describe(o);
    o.field("json", json, "print JSON");
  }
};

}  // namespace

int run_index_create(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  if (!options.model.empty()) {
    const int64_t width = load_embedder(options.model, options.runtime).width;
    if (options.index.width != 0 && options.index.width != width)
      throw UsageError(kInfo.name, "{}: expected its width {}, got --width {}", options.model, width,
                       options.index.width);
    options.index.width = width;
    options.index.model_hash = model_hash(options.model);
  }
  const auto index = create_index(options.place, options.index);
  if (options.json)
    fmt::print("{}\n", index->stats().to_json().dump(2));
  else
    fmt::print("{}: an empty index for vectors of width {}\n", place_name(options.place), options.index.width);
  return 0;
}

}  // namespace sensorium
