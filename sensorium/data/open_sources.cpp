#include "sensorium/data/open_sources.h"

#include "sensorium/data/coco.h"
#include "sensorium/data/conceptual.h"
#include "sensorium/data/emoji.h"
#include "sensorium/data/flickr.h"
#include "sensorium/data/folder.h"
#include "sensorium/data/image_folder.h"
#include "sensorium/data/json_list.h"
#include "sensorium/data/karpathy.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/manifest_source.h"
#include "sensorium/data/openclipart.h"
#include "sensorium/data/parquet.h"
#include "sensorium/data/shards.h"
#include "sensorium/data/tuxpaint.h"
#include "sensorium/data/visual_genome.h"
#include "sensorium/data/vqa.h"

#include <map>

namespace sensorium {
namespace {

// Where Debian's packages put the embedded corpora.
constexpr const char* kStamps = "/usr/share/tuxpaint/stamps";
constexpr const char* kClipart = "/usr/share/openclipart/svg";
constexpr const char* kEmojiFont = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
constexpr const char* kCldr = "/usr/share/unicode/cldr/common";

/// A word of the command line that names a corpus on disk, once its kind is known.
struct Place {
  std::string path;
  fs::path images;  // as given, or the folder that `path` lies in
  const SourceOptions& options;
  CaptionFilter filter;
};

/// "a.json,b.json" as its parts.
std::vector<fs::path> parts_of(const std::string& path) {
  std::vector<fs::path> parts;
  for (size_t at = 0; at <= path.size();) {
    const size_t comma = std::min(path.find(',', at), path.size());
    parts.emplace_back(path.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

Source open_vqa_parts(const Place& p) {
  const std::vector<fs::path> parts = parts_of(p.path);
  if (parts.size() > 2)
    throw UsageError("data prepare", "expected vqa:QUESTIONS or vqa:QUESTIONS,ANNOTATIONS, got {} files", parts.size());
  return open_vqa(parts[0], parts.size() == 2 ? parts[1] : "", p.images);
}

/// Such files name pictures without a folder; "images" beside the file, where it is there, is where they lie.
Source open_split_file(const Place& p) {
  std::error_code error;
  const bool beside = p.options.images.empty() && fs::is_directory(p.images / "images", error);
  return open_karpathy(p.path, beside ? p.images / "images" : p.images, p.filter);
}

Source open_genome(const Place& p) {
  return open_visual_genome(p.path, p.options.images.empty() ? p.path : p.options.images, p.options.region_captions,
                            p.filter);
}

/// Every kind that KIND:PATH may name.
const std::map<std::string, Source (*)(const Place&)> kSourceKinds{
    {"folder", [](const Place& p) { return open_folder(p.path, p.filter, p.options.render_size); }},
    {"image-folder", [](const Place& p) { return open_image_folder(p.path); }},
    {"manifest", [](const Place& p) { return open_manifest(p.path, p.filter); }},
    {"shards", [](const Place& p) { return open_shards(p.path, p.filter); }},
    {"table", [](const Place& p) { return open_table(p.path, p.images, p.options.columns, p.filter); }},
    {"parquet", [](const Place& p) { return open_parquet(p.path, p.images, p.options.columns, p.filter); }},
    {"conceptual", [](const Place& p) { return open_conceptual(p.path, p.filter); }},
    {"flickr", [](const Place& p) { return open_flickr(p.path, p.images, p.filter); }},
    {"karpathy", open_split_file},
    {"coco", [](const Place& p) { return open_coco(parts_of(p.path), p.images, p.filter); }},
    {"vqa", open_vqa_parts},
    {"visual-genome", open_genome},
};

/// The layout of a JSON file, from the first list in it that tells.
std::string kind_of_json(const fs::path& file) {
  static constexpr std::string_view kLists[] = {"images", "annotations", "questions"};
  std::string kind = "karpathy";  // whose reader says what is expected
  for_each_json_element(file, kLists, [&](const JsonElement& element) {
    const Json first = parse_element(element, file);
    if (element.list == 2) kind = "vqa";
    if (element.list == 1 || first.contains("file_name")) kind = "coco";
    return false;
  });
  return kind;
}

/// The kind that a path without one is of; empty for none.
std::string kind_of(const std::string& word) {
  const fs::path path = word;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    if (fs::is_regular_file(path / kManifestFile, error)) return "manifest";
    return is_visual_genome(path) ? "visual-genome" : "folder";
  }
  const std::string ending = path.extension().string();
  if (ending == ".tar") return "shards";
  if (ending == ".parquet") return "parquet";
  if (ending == ".token" || word.ends_with(".token.txt")) return "flickr";
  if (ending == ".csv" || ending == ".tsv" || ending == ".jsonl") return "table";
  return ending == ".json" ? kind_of_json(path) : "";
}

std::string kind_names() {
  std::string names;
  for (const auto& [kind, open] : kSourceKinds) names += (names.empty() ? "" : ", ") + kind;
  return names;
}

void open_word(const std::string& word, const SourceOptions& o, const CaptionFilter& filter,
               std::vector<Source>& sources) {
  const bool all = word == "builtin";
  if (all || word == "tuxpaint") sources.push_back(open_tuxpaint(kStamps, filter, o.render_size));
  if (all || word == "openclipart") sources.push_back(open_openclipart(kClipart, filter, o.render_size));
  if (all || word == "emoji") sources.push_back(open_emoji(kEmojiFont, kCldr, filter));
  if (all || word == "tuxpaint" || word == "openclipart" || word == "emoji") return;

  const size_t colon = word.find(':');
  auto kind = kSourceKinds.find(word.substr(0, colon));
  std::string path = word;
  if (colon != std::string::npos && kind != kSourceKinds.end())
    path = word.substr(colon + 1);
  else
    kind = kSourceKinds.find(kind_of(word));
  if (kind == kSourceKinds.end())
    throw InputError("data prepare",
                     "expected builtin, tuxpaint, openclipart, emoji, a folder, a .csv, .tsv, .jsonl, .json, .parquet "
                     "or .tar file, or KIND:PATH (kinds: {}), got {}",
                     kind_names(), word);
  const fs::path first = parts_of(path)[0];
  const fs::path beside = first.has_parent_path() ? first.parent_path() : fs::path(".");
  sources.push_back(kind->second({path, o.images.empty() ? beside : fs::path(o.images), o, filter}));
}

}  // namespace

void SourceOptions::describe(OptionSet& o) {
  o.field("sources", sources,
          "builtin, tuxpaint, openclipart, emoji, a folder of pictures with .txt captions beside them, a prepared "
          "folder, a table of captions (.csv, .tsv, .jsonl, .parquet), annotations (.json), tar shards "
          "(a-{000..012}.tar), or KIND:PATH, where KIND is one of " +
              kind_names())
      .required()
      .positional();
  o.field("images", images,
          "folder that the paths in a table or in annotations start from; default: the file's own (Karpathy's JSON: "
          "images beside it, where there is such a folder)");
  o.field("languages", languages, "keep captions in these languages (BCP 47); default: all");
  o.field("default_language", default_language, "language of captions that do not say");
  o.field("image_column", columns.image, "column or key of the picture; default: found by its name");
  o.field("caption_column", columns.caption, "column or key of the caption; default: found by its name");
  o.field("language_column", columns.language, "column or key of the language; default: found by its name");
  o.field("split_column", columns.split, "column or key of the split; default: found by its name");
  o.field("region_captions", region_captions, "take Visual Genome's phrases about regions for captions too");
  o.field("render_size", render_size, "longer side of pictures drawn from SVG").range(16, 4096);
}

std::vector<Source> open_sources(const SourceOptions& options) {
  const CaptionFilter filter{options.languages, options.default_language};
  std::vector<Source> sources;
  for (const std::string& word : options.sources) open_word(word, options, filter, sources);
  return sources;
}

}  // namespace sensorium
