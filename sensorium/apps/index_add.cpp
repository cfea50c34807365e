#include "sensorium/apps/folder_watch.h"
#include "sensorium/apps/index_commands.h"
#include "sensorium/apps/index_folder.h"
#include "sensorium/apps/retrieval_run.h"
#include "sensorium/apps/vector_file.h"
#include "sensorium/models/model_hash.h"

#include <algorithm>
#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium index add",
                        "Adds pictures and folders of them (only what is new or changed is looked at), prepared data "
                        "with its captions, or\n"
                        "ready vectors. With --watch the command goes on: what appears in the folders is added, what "
                        "changes replaced, what\n"
                        "goes removed, until it is interrupted.",
                        "sensorium index add photos.index photos/ --model out/clip\n"
                        "sensorium index add photos.index photos/ --model out/clip --watch\n"
                        "sensorium index add photos.index --data out/data --split test --captions --model out/clip\n"
                        "sensorium index add vectors.index --vectors photos.npy --kind picture"};

constexpr int kQuiet_ms = 300;
constexpr size_t kTogether = 1024;

struct Options {
  std::string place, model, data, split, vectors, kind = "picture";
  std::vector<std::string> inputs, languages;
  bool watch = false, captions = false, json = false;
  int batch_size = 32;
  RuntimeOptions runtime;
  void describe(OptionSet& o) {
    o.field("place", place, "the index").positional().required();
    o.field("inputs", inputs, "pictures, and folders of them").positional();
    o.field("model", model, "checkpoint folder that the index was made for");
    o.field("watch", watch, "go on, and follow the folders");
    o.field("data", data, "prepared data folder, whose pictures are added under the ids of their records");
    o.field("split", split, "its split; none: all of it");
    o.field("languages", languages, "of captions; none: all");
    o.field("captions", captions, "also a vector of each caption");
    o.field("vectors", vectors, "X.npy with X.ids.txt, as sensorium embed writes them");
    o.field("kind", kind, "what those vectors are of");
    o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
    runtime.describe(o);
    o.field("json", json, "print JSON");
  }
};

void check(const Options& options) {
  const int sources = !options.inputs.empty() + !options.data.empty() + !options.vectors.empty();
  if (sources != 1)
    throw UsageError(kInfo.name, "expected one of pictures, --data and --vectors, got {}",
                     sources == 0 ? "none" : "several");
  if (options.watch && options.inputs.empty()) throw UsageError(kInfo.name, "expected folders with --watch, got none");
  if (options.vectors.empty() && options.model.empty()) throw UsageError(kInfo.name, "expected --model, got none");
}

void print(const Options& options, const FolderChanges& changes) {
  if (options.json) {
    fmt::print("{}\n", OrderedJson{{"added", changes.added},
                                   {"replaced", changes.replaced},
                                   {"unchanged", changes.unchanged},
                                   {"removed", changes.removed},
                                   {"skipped", changes.skipped.total()}}
                           .dump(options.watch ? -1 : 2));
  } else {
    fmt::print("{} added, {} replaced, {} unchanged{}\n", changes.added, changes.replaced, changes.unchanged,
               options.watch ? fmt::format(", {} removed", changes.removed) : "");
  }
  std::fflush(stdout);
}

void add_folders(const Options& options, VectorIndex& index, const Embedder& model) {
  IndexedFolders folders(index, model, options.inputs, {options.batch_size, options.runtime.threads});
  std::optional<FolderWatch> watched;
  if (options.watch) {
    if (options.inputs.size() != 1)
      throw UsageError(kInfo.name, "expected one folder with --watch, got {}", options.inputs.size());
    watched.emplace(options.inputs.front());
  }
  for (bool first = true;; first = false) {
    const FolderChanges changes = folders.update(options.watch);
    warn_skipped(changes.skipped);
    if (first || changes.any()) print(options, changes);
    if (!watched) return;
    watched->wait(kQuiet_ms);
  }
}

/// The split's pictures with their captions, together as one item each.
void add_data(const Options& options, VectorIndex& index, const Embedder& model) {
  if (options.captions) require_texts(model, kInfo.name, options.model);
  const EmbeddedSplit split = embed_split(
      {options.data, options.split, options.languages, options.batch_size, options.runtime.threads, options.captions},
      model);
  const auto width = static_cast<size_t>(model.width);
  std::vector<IndexItem> items;
  for (size_t i = 0; i < split.records.size(); ++i) {
    const Record& record = split.records[i];
    const float* row = &split.picture_rows[i * width];
    IndexItem item{record.id, {{"path", split.pictures[i].string()}}, {{"picture", {row, row + width}}}};
    if (!record.captions.empty()) item.metadata["caption"] = record.captions.front().text;
    items.push_back(std::move(item));
  }
  if (options.captions)
    for (size_t t = 0; t < split.texts.size(); ++t) {
      const float* row = &split.text_rows[t * width];
      items[static_cast<size_t>(split.pairs.image_of_text[t])].vectors.push_back({"caption", {row, row + width}});
    }
  for (size_t first = 0; first < items.size(); first += kTogether)
    index.put(std::span(items).subspan(first, std::min(kTogether, items.size() - first)));
  FolderChanges changes;
  changes.added = items.size();
  changes.skipped = split.skipped;
  print(options, changes);
}

void add_vectors(const Options& options, VectorIndex& index) {
  const NamedVectors vectors = read_named_vectors(kInfo.name, options.vectors, index.options().width);
  const size_t rows = vectors.ids.size();
  for (size_t first = 0; first < rows; first += kTogether) {
    std::vector<IndexItem> items;
    for (size_t i = first; i < std::min(rows, first + kTogether); ++i) {
      const auto row = vectors.row(i);
      items.push_back({vectors.ids[i], Json::object(), {{options.kind, {row.begin(), row.end()}}}});
    }
    index.put(items);
  }
  FolderChanges changes;
  changes.added = rows;
  print(options, changes);
}

}  // namespace

int run_index_add(const std::vector<std::string>& words) {
  Options options;
  auto set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  check(options);
  const auto index = open_index(options.place, options.model.empty() ? "" : model_hash(options.model));
  if (!options.vectors.empty()) {
    add_vectors(options, *index);
    return 0;
  }
  const Embedder model = load_embedder(options.model, options.runtime);
  require_pictures(model, kInfo.name, options.model);
  if (options.data.empty())
    add_folders(options, *index, model);
  else
    add_data(options, *index, model);
  return 0;
}

}  // namespace sensorium
