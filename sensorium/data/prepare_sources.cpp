#include "sensorium/data/emoji.h"
#include "sensorium/data/folder.h"
#include "sensorium/data/karpathy.h"
#include "sensorium/data/openclipart.h"
#include "sensorium/data/prepare.h"
#include "sensorium/data/tuxpaint.h"

namespace sensorium {
namespace {

// Where Debian's packages put the embedded corpora.
constexpr const char* kStamps = "/usr/share/tuxpaint/stamps";
constexpr const char* kClipart = "/usr/share/openclipart/svg";
constexpr const char* kEmojiFont = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
constexpr const char* kCldr = "/usr/share/unicode/cldr/common";

void open_word(const std::string& word, const PrepareOptions& o, const CaptionFilter& filter,
               std::vector<Source>& sources) {
  const bool all = word == "builtin";
  if (all || word == "tuxpaint") sources.push_back(open_tuxpaint(kStamps, filter, o.render_size));
  if (all || word == "openclipart") sources.push_back(open_openclipart(kClipart, filter, o.render_size));
  if (all || word == "emoji") sources.push_back(open_emoji(kEmojiFont, kCldr, filter));
  if (all || word == "tuxpaint" || word == "openclipart" || word == "emoji") return;

  const fs::path path = word;
  const std::string extension = path.extension().string();
  std::error_code error;
  if (fs::is_directory(path, error)) {
    sources.push_back(open_folder(path, filter, o.render_size));
  } else if (extension == ".csv" || extension == ".tsv" || extension == ".jsonl" || extension == ".json") {
    const fs::path beside = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const fs::path images = o.images.empty() ? beside : fs::path(o.images);
    sources.push_back(extension == ".json" ? open_karpathy(path, images, filter)
                                           : open_table(path, images, o.columns, filter));
  } else {
    throw InputError("data prepare",
                     "expected builtin, tuxpaint, openclipart, emoji, a folder, or a .csv, .tsv, .jsonl or .json file, "
                     "got {}",
                     word);
  }
}

}  // namespace

void PrepareOptions::describe(OptionSet& o) {
  o.field("sources", sources,
          "builtin, tuxpaint, openclipart, emoji, a folder of pictures with .txt captions beside them, or a table of "
          "captions (.csv, .tsv, .jsonl, or .json in Karpathy's layout)")
      .required()
      .positional();
  o.field("out", out, "folder to write the manifest to").required();
  o.field("images", images, "folder that the paths in a table start from; default: the table's own");
  o.field("languages", languages, "keep captions in these languages (BCP 47); default: all");
  o.field("default_language", default_language, "language of captions that do not say");
  o.field("image_column", columns.image, "column or key of the picture; default: found by its name");
  o.field("caption_column", columns.caption, "column or key of the caption; default: found by its name");
  o.field("language_column", columns.language, "column or key of the language; default: found by its name");
  o.field("split_column", columns.split, "column or key of the split; default: found by its name");
  o.field("val", val, "fraction of the pictures for validation").range(0, 1);
  o.field("test", test, "fraction of the pictures for the test").range(0, 1);
  o.field("seed", seed, "chooses which pictures go where");
  o.field("own_splits", own_splits, "what happens to splits that a corpus brings").one_of({"keep", "ignore"});
  o.field("near_bits", near_bits, "bits in which perceptual hashes of near-identical pictures may differ").range(0, 14);
  o.field("near_colour", near_colour, "mean colour difference up to which pictures count as near-identical")
      .range(0, 255);
  o.field("min_side", min_side, "leave out pictures with a shorter side below this").range(1, 1e6);
  o.field("max_pixels", max_pixels, "leave out pictures with more pixels than this").range(1, 178956970);
  o.field("render_size", render_size, "longer side of pictures drawn from SVG").range(16, 4096);
  o.field("threads", threads, "threads; 0: one a processor").range(0, 1024);
}

std::vector<Source> open_sources(const PrepareOptions& options) {
  const CaptionFilter filter{options.languages, options.default_language};
  std::vector<Source> sources;
  for (const std::string& word : options.sources) open_word(word, options, filter, sources);
  return sources;
}

}  // namespace sensorium
