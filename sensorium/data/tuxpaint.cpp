#include "sensorium/data/tuxpaint.h"

#include "sensorium/base/file.h"
#include "sensorium/data/svg.h"

#include <algorithm>
#include <map>
#include <set>

namespace sensorium {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;  // language, text

/// Stamp stems ("animals/cat") with what belongs to each.
struct Stamp {
  fs::path picture;
  std::vector<Audio> audio;
};

struct Stamps {
  std::map<std::string, Stamp> pictures;
  std::map<std::string, fs::path> texts;
  std::vector<std::pair<std::string, fs::path>> recordings;  // stem with suffixes
};

bool ends_with_any(std::string& stem, std::initializer_list<std::string_view> endings) {
  for (const std::string_view ending : endings)
    if (stem.size() > ending.size() && stem.ends_with(ending)) {
      stem.resize(stem.size() - ending.size());
      return true;
    }
  return false;
}

/// X of X_mirror, X_flip and X_mirror_flip.
std::string base_stem(std::string stem) {
  while (ends_with_any(stem, {"_mirror", "_flip"})) {
  }
  return stem;
}

Stamps list_stamps(const fs::path& folder, Tally& tally) {
  Stamps stamps;
  for (const fs::path& file : files_below(folder)) {
    const std::string extension = file.extension().string();
    const std::string stem = (file.parent_path() / file.stem()).lexically_relative(folder).generic_string();
    if (extension == ".png" || extension == ".svg") {
      Stamp& stamp = stamps.pictures[stem];  // .png sorts before .svg, which replaces it
      if (!stamp.picture.empty()) tally.add("picture with another of the same name (.svg taken)", file.string());
      stamp.picture = file;
    } else if (extension == ".txt") {
      stamps.texts[stem] = file;
    } else if (extension == ".ogg" || extension == ".wav") {
      stamps.recordings.emplace_back(stem, file);
    }
  }
  return stamps;
}

Texts read_texts(const fs::path& file, Tally& tally) {
  std::string content;
  try {
    content = read_file(file, uint64_t{1} << 20);
  } catch (const InputError&) {
    tally.add("unreadable caption file", file.string());
  }
  Texts texts;
  std::string_view rest = content;
  for (bool first = true; !rest.empty(); first = false) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t mark = line.find(".utf8=");
    if (first)
      texts.emplace_back("en", line);
    else if (mark != std::string_view::npos)
      texts.emplace_back(language_tag(line.substr(0, mark)), line.substr(mark + 6));
  }
  return texts;
}

/// The caption in exactly that language, or for "en" any; empty if there is none.
std::string transcript_of(const Texts& texts, const std::string& language) {
  bool valid = true;
  for (const auto& [tag, text] : texts)
    if (tag == language) return tidy_text(text, valid);
  return "";
}

/// Splits "X_desc_pt_BR" into the longest stem that is a picture, and what follows.
const std::string* picture_of(const Stamps& stamps, const std::string& name) {
  for (std::string stem = name;;) {
    const auto it = stamps.pictures.find(stem);
    if (it != stamps.pictures.end()) return &it->first;
    const size_t cut = stem.find_last_of("_.");
    if (cut == std::string::npos || cut < stem.find_last_of('/') + 1) return nullptr;
    stem.resize(cut);
  }
}

void attach_recordings(Stamps& stamps, const std::map<std::string, Texts>& texts, Tally& tally) {
  for (const auto& [name, file] : stamps.recordings) {
    const std::string* stem = picture_of(stamps, name);
    std::string suffix = stem ? name.substr(stem->size()) : "";
    if (const size_t dot = suffix.find('.'); dot != std::string::npos) suffix.resize(dot);  // "_desc_da.ogg" + ".ogg"
    const bool described = suffix == "_desc" || suffix.starts_with("_desc_");
    const std::string locale =
        described ? (suffix.size() > 6 ? suffix.substr(6) : "en") : (suffix.size() > 1 ? suffix.substr(1) : "");
    if (!stem || locale.size() > 12) {
      tally.add("recording without a picture", file.string());
      continue;
    }
    Audio audio{file.string(), locale.empty() ? "sound" : "speech", language_tag(locale), ""};
    if (described)
      if (const auto it = texts.find(base_stem(*stem)); it != texts.end())
        audio.transcript = transcript_of(it->second, audio.language);
    stamps.pictures[*stem].audio.push_back(std::move(audio));
  }
}

Item make_item(const std::string& stem, Stamp& stamp, const Texts& texts, const CaptionFilter& filter, int render_size,
               Tally& tally) {
  Item item;
  Record& record = item.record;
  record.source = "tuxpaint";
  record.id = "tuxpaint/" + stem;
  item.family = "tuxpaint/" + base_stem(stem);
  for (const auto& [language, text] : texts)
    add_caption(record, filter, text, language, "description", tally, stamp.picture.string());
  for (Audio& audio : stamp.audio)
    if (audio.language.empty() || filter.accepts(audio.language)) record.audio.push_back(std::move(audio));
  for (const fs::path& part : fs::path(stem).parent_path()) record.tags.push_back(part.string());
  if (stamp.picture.extension() == ".svg")
    item.render = [file = stamp.picture, render_size] {
      return render_svg(read_file(file, uint64_t{64} << 20), file.string(), render_size, SvgArea::page);
    };
  else
    record.image = stamp.picture.string();
  return item;
}

void read_stamps(const fs::path& folder, const CaptionFilter& filter, int render_size, const ItemSink& sink,
                 Tally& tally) {
  Stamps stamps = list_stamps(folder, tally);
  std::map<std::string, Texts> texts;
  for (const auto& [stem, file] : stamps.texts) texts[stem] = read_texts(file, tally);
  attach_recordings(stamps, texts, tally);
  std::set<std::string> used;
  for (auto& [stem, stamp] : stamps.pictures) {
    const auto own = texts.find(stem), base = texts.find(base_stem(stem));
    const auto it = own != texts.end() ? own : base;
    if (it != texts.end()) used.insert(it->first);
    sink(make_item(stem, stamp, it == texts.end() ? Texts{} : it->second, filter, render_size, tally));
  }
  for (const auto& [stem, file] : stamps.texts)
    if (!used.contains(stem)) tally.add("caption without a picture", file.string());
}

}  // namespace

Source open_tuxpaint(const fs::path& folder, const CaptionFilter& filter, int render_size) {
  if (std::error_code error; !fs::is_directory(folder, error))
    throw InputError("data prepare", "{}: expected Tux Paint's stamps (Debian: tuxpaint-stamps-default), got nothing",
                     folder.string());
  return {"tuxpaint",
          [=](const ItemSink& sink, Tally& tally) { read_stamps(folder, filter, render_size, sink, tally); }};
}

}  // namespace sensorium
