#pragma once
// What every reader of a corpus gives: items one after another, into a sink.

#include "sensorium/data/record.h"
#include "sensorium/data/tally.h"
#include "sensorium/io/image.h"

#include <functional>
#include <optional>

namespace sensorium {

/// A picture with its texts, before its pixels were looked at.
struct Item {
  Record record;  // id, source, captions, audio, tags; `image` if the picture is a file; `split` if the corpus has one
  std::function<Image()> render;  // draws a picture that is no plain file; null: read record.image. Thread-safe.
  std::string family;             // items of one family (mirrored, other skin tone) belong into one split; may be empty
};

using ItemSink = std::function<void(Item&&)>;

/// A corpus that has been opened and found sound. `read` gives every item in a fixed order and counts what it leaves
/// out; it throws only what the sink throws, or InputError when a file that was readable is so no longer.
struct Source {
  std::string name;
  std::function<void(const ItemSink&, Tally&)> read;
  bool has_pictures = true;  // false: addresses only, nothing that could be looked at
};

/// Which captions a reader keeps.
struct CaptionFilter {
  std::vector<std::string> languages;   // BCP 47; "en" also takes "en-GB"; empty: all
  std::string default_language = "en";  // of captions that do not say
  bool accepts(std::string_view language) const;
};

/// Folds white space and trims. Nothing when the text is not valid UTF-8 (`valid` false) or empty (`valid` true).
std::string tidy_text(std::string_view text, bool& valid);

/// Adds a caption unless its language is not wanted or the same text in that language is there already; empty and
/// broken texts are counted with `example`. Returns whether the record now has it.
bool add_caption(Record& record, const CaptionFilter& filter, std::string_view text, std::string language,
                 std::string source, Tally& tally, const std::string& example);

/// Common names of splits as "train", "val" and "test" ("validation", "dev", "restval", ...); others as they are.
std::string split_name(std::string_view given);

/// POSIX and CLDR locale names as BCP 47: "pt_BR" -> "pt-BR", "sr@latin" -> "sr-Latn", "ca@valencia" -> "ca-valencia".
std::string language_tag(std::string_view locale);

/// Every file below a folder (links to files included, links to folders not followed), sorted by name. Throws
/// InputError unless `folder` is a readable folder.
std::vector<fs::path> files_below(const fs::path& folder);

/// Whether a record has neither captions nor a label, regions, objects or questions.
bool says_nothing(const Record& record);

/// True for valid UTF-8.
bool is_utf8(std::string_view text);

}  // namespace sensorium
