#include "sensorium/apps/fuse_data.h"

#include "sensorium/apps/leakage_gate.h"
#include "sensorium/base/log.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/source.h"
#include "sensorium/data/tally.h"
#include "sensorium/io/sound_summary.h"
#include "sensorium/serve/model/embedder.h"

#include <algorithm>
#include <map>

namespace sensorium {
namespace {

using classic::Index;
using classic::Matrix;

constexpr const char* kOperation = "sensorium fuse";

/// What a record says of an item; empty where it lacks that.
struct SplitItem {
  std::string id, label, text;
  fs::path picture, sound;
};
using SplitItems = std::vector<SplitItem>;

fs::path sound_of(const FusePlan& plan, const Record& record) {
  const CaptionFilter wanted{plan.languages, ""};
  for (const Audio& audio : record.audio)
    if (audio.kind == plan.sound && (audio.kind == "sound" || wanted.accepts(audio.language)))
      return fs::path(plan.data) / audio.path;
  return {};
}

SplitItems read_split(const FusePlan& plan, const std::string& split) {
  SplitItems items;
  for_each_record(plan.data, {{split}, plan.languages, {}, false}, [&](Record&& r) {
    const std::string label = plan.label == "tag" ? (r.tags.empty() ? "" : r.tags[0]) : r.label;
    if (label.empty()) return;
    items.push_back({r.id, label, r.captions.empty() ? "" : r.captions[0].text,
                     r.image.empty() ? fs::path() : picture_path(plan.data, r), sound_of(plan, r)});
  });
  if (items.empty())
    throw InputError(kOperation, "{}: expected records with a {} in the split \"{}\", got none", plan.data, plan.label,
                     split);
  return items;
}

/// The items whose label is wanted, and a warning for the rest.
void keep_classes(SplitItems& items, const std::vector<std::string>& classes, const std::string& split) {
  const size_t all = items.size();
  const size_t left_out = std::erase_if(
      items, [&](const SplitItem& i) { return !std::binary_search(classes.begin(), classes.end(), i.label); });
  if (left_out > 0)
    spdlog::warn("{} of {} items of the split \"{}\" left out: their class has too few training items", left_out, all,
                 split);
  if (items.empty())
    throw InputError(kOperation, "expected items of the {} classes in the split \"{}\", got none", classes.size(),
                     split);
}

std::vector<std::string> frequent_classes(const SplitItems& items, int least) {
  std::map<std::string, int> count;
  for (const SplitItem& item : items) ++count[item.label];
  std::vector<std::string> classes;
  for (const auto& [label, n] : count)
    if (n >= least) classes.push_back(label);
  if (classes.size() < 2)
    throw InputError(kOperation, "expected 2 classes or more with {} training items each, got {}", least,
                     classes.size());
  return classes;
}

/// A view under way: rows of zeros until they are set.
struct View {
  Matrix values;
  std::vector<uint8_t> present;
  View(size_t items, int64_t width)
      : values(Matrix::Zero(static_cast<Index>(items), static_cast<Index>(width))), present(items, 0) {}
  void set(size_t item, std::span<const float> row) {
    present[item] = 1;
    for (size_t j = 0; j < row.size(); ++j)
      values(static_cast<Index>(item), static_cast<Index>(j)) = static_cast<double>(row[j]);
  }
};

View picture_view(const FusePlan& plan, const Embedder& model, const SplitItems& items) {
  View view(items.size(), model.width);
  std::vector<size_t> rows;
  std::vector<fs::path> files;
  for (size_t i = 0; i < items.size(); ++i)
    if (!items[i].picture.empty()) {
      rows.push_back(i);
      files.push_back(items[i].picture);
    }
  const auto width = static_cast<size_t>(model.width);
  Tally skipped;
  encode_pictures(walk_list(files), *model.processor, model.encode_pixels,
                  {plan.batch_size, plan.threads, files.size()}, skipped, [&](PictureBatch&& batch) {
                    for (size_t k = 0; k < batch.indices.size(); ++k)
                      view.set(rows[batch.indices[k]], {&batch.rows[k * width], width});
                  });
  warn_skipped(skipped);
  return view;
}

View text_view(const FusePlan& plan, const Embedder& model, const SplitItems& items) {
  View view(items.size(), model.width);
  std::vector<size_t> rows;
  std::vector<std::string> texts;
  for (size_t i = 0; i < items.size(); ++i)
    if (!items[i].text.empty()) {
      rows.push_back(i);
      texts.push_back(items[i].text);
    }
  const std::vector<float> values = embed_all_texts(model, texts, plan.batch_size);
  const auto width = static_cast<size_t>(model.width);
  for (size_t k = 0; k < rows.size(); ++k) view.set(rows[k], {&values[k * width], width});
  return view;
}

View sound_view(const SplitItems& items) {
  View view(items.size(), kSoundFeatures);
  size_t broken = 0;
  std::string example;
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].sound.empty()) continue;
    try {
      view.set(i, sound_features(items[i].sound));
    } catch (const InputError& e) {
      if (broken++ == 0) example = e.what();
    }
  }
  if (broken > 0) spdlog::warn("{} recordings left out: {}", broken, example);
  return view;
}

/// What makes each view's rows of a split's items.
struct ViewMaker {
  FuseView kind;
  std::function<View(const SplitItems&)> make;
};

std::vector<ViewMaker> view_makers(const FusePlan& plan) {
  std::vector<ViewMaker> makers;
  if (!plan.picture_encoder.empty()) {
    const Embedder model = load_embedder(plan.picture_encoder, plan.threads);
    require_pictures(model, kOperation, plan.picture_encoder);
    refuse_seen_pictures(plan.picture_encoder, plan.data, plan.test_split, {}, plan.allow_seen, false);
    makers.push_back({{"picture", plan.picture_encoder, false},
                      [&plan, model](const SplitItems& items) { return picture_view(plan, model, items); }});
  }
  if (!plan.text_encoder.empty()) {
    const Embedder model = load_embedder(plan.text_encoder, plan.threads);
    require_texts(model, kOperation, plan.text_encoder);
    makers.push_back({{"text", plan.text_encoder, false},
                      [&plan, model](const SplitItems& items) { return text_view(plan, model, items); }});
  }
  if (!plan.sound.empty()) makers.push_back({{plan.sound, "", true}, sound_view});
  if (makers.empty())
    throw UsageError(kOperation, "expected --picture-encoder, --text-encoder or --sound with --data, got none of them");
  return makers;
}

FuseItems make_items(const SplitItems& split, const std::vector<std::string>& classes,
                     const std::vector<ViewMaker>& makers) {
  FuseItems items;
  items.labels.classes = classes;
  for (const SplitItem& item : split) {
    items.labels.ids.push_back(std::lower_bound(classes.begin(), classes.end(), item.label) - classes.begin());
    items.ids.push_back(item.id);
  }
  for (const ViewMaker& maker : makers) {
    View view = maker.make(split);
    items.views.complete =
        items.views.complete && std::all_of(view.present.begin(), view.present.end(), [](uint8_t p) { return p != 0; });
    items.views.values.push_back(std::move(view.values));
    items.views.present.push_back(std::move(view.present));
  }
  return items;
}

}  // namespace

void FusePlan::describe(OptionSet& o) {
  o.field("data", data, "folder made by data prepare, instead of files: its records are the items");
  o.field("split", split, "split of it to learn from");
  o.field("test_split", test_split, "split of it to judge; empty: none");
  o.field("label", label, "what the class of a record is: its label, or its first tag (of a stamp: the folder)")
      .one_of({"label", "tag"});
  o.field("picture_encoder", picture_encoder, "checkpoint folder for the pictures of --data");
  o.field("text_encoder", text_encoder, "checkpoint folder for the captions of --data");
  o.field("languages", languages, "languages of captions and of speech; all if none is given");
  o.field("sound", sound, "recordings of --data that are a view: of their spectrum, its course, and their rhythm")
      .one_of({"", "sound", "speech"});
  o.field("min_items", min_items, "classes with fewer training items are left out").range(1, 1000000);
  o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
  o.field("allow_seen", allow_seen, "judge even pictures that the encoder was trained on");
}

FuseInput embed_fuse_input(const FusePlan& plan) {
  const std::vector<ViewMaker> makers = view_makers(plan);
  FuseInput input;
  for (const ViewMaker& maker : makers) {
    input.names.push_back(maker.kind.name);
    input.kinds.push_back(maker.kind);
  }
  SplitItems train = read_split(plan, plan.split);
  const std::vector<std::string> classes = frequent_classes(train, plan.min_items);
  keep_classes(train, classes, plan.split);
  std::optional<SplitItems> test;
  if (!plan.test_split.empty()) {
    test = read_split(plan, plan.test_split);
    keep_classes(*test, classes, plan.test_split);
  }
  input.train = make_items(train, classes, makers);
  if (test) input.test = make_items(*test, classes, makers);
  return input;
}

}  // namespace sensorium
