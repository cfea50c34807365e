#include "sensorium/data/emoji.h"

#include "sensorium/base/threads.h"
#include "sensorium/data/cldr_annotations.h"
#include "sensorium/data/emoji_font.h"
#include "sensorium/text/unicode.h"

#include <algorithm>
#include <memory>

namespace sensorium {
namespace {

/// One CLDR file: the emoji it names.
struct Locale {
  fs::path file;
  std::string language;
  CldrAnnotations names;
  bool broken = false;
};

struct Emoji {
  std::string sequence;
  uint32_t glyph;
};

void read_locale(Locale& locale) {
  try {
    locale.names = read_cldr_annotations(locale.file);
  } catch (const InputError&) {
    locale.broken = true;
  }
}

bool is_skin_tone(char32_t c) {
  return c >= 0x1F3FB && c <= 0x1F3FF;
}

/// "1f468-200d-1f3a8"; without skin tones on request.
std::string code_points(const std::string& sequence, bool skin_tones) {
  std::string out;
  const std::u32string points = unicode::decode(sequence);
  for (const char32_t c : points)
    if (skin_tones || points.size() == 1 || !is_skin_tone(c))
      out += fmt::format("{}{:x}", out.empty() ? "" : "-", static_cast<uint32_t>(c));
  return out;
}

/// Wanted locale files with English first: it says which emoji there are.
std::vector<Locale> list_locales(const fs::path& cldr, const CaptionFilter& filter) {
  std::vector<Locale> locales;
  for (const char* folder : {"annotations", "annotationsDerived"}) {
    for (const fs::path& file : files_below(cldr / folder)) {
      const std::string name = file.stem().string();
      if (file.extension() != ".xml" || name == "root") continue;
      if (name == "en" || filter.accepts(language_tag(name))) locales.push_back({file, language_tag(name), {}, false});
    }
  }
  std::stable_sort(locales.begin(), locales.end(),
                   [](const Locale& a, const Locale& b) { return (a.language == "en") > (b.language == "en"); });
  return locales;
}

/// Emoji that English names and the font draws. ASCII is left to text fonts.
std::vector<Emoji> drawable(const std::vector<Locale>& locales, const EmojiFont& font, Tally& tally) {
  std::vector<Emoji> emoji;
  for (const Locale& locale : locales) {
    if (locale.language != "en") continue;
    for (const std::string& sequence : locale.names.order) {
      if (unicode::is_ascii(sequence)) continue;
      if (const auto glyph = font.glyph(sequence))
        emoji.push_back({sequence, *glyph});
      else
        tally.add("character that the font does not draw", code_points(sequence, true));
    }
  }
  return emoji;
}

void annotate(Item& item, const Emoji& emoji, const std::vector<Locale>& locales, const CaptionFilter& filter,
              Tally& tally) {
  Record& record = item.record;
  for (const Locale& locale : locales) {
    const auto it = locale.names.annotations.find(emoji.sequence);
    if (it == locale.names.annotations.end()) continue;
    const auto& [name, keywords] = it->second;
    if (!name.empty()) add_caption(record, filter, name, locale.language, "name", tally, record.id);
    if (!keywords.empty()) add_caption(record, filter, keywords, locale.language, "keywords", tally, record.id);
    for (size_t at = 0; locale.language == "en" && at < keywords.size();) {
      const size_t end = std::min(keywords.find(", ", at), keywords.size());
      record.tags.push_back(keywords.substr(at, end - at));
      at = end + 2;
    }
  }
}

void read_emoji(const std::shared_ptr<const EmojiFont>& font, const fs::path& cldr, const CaptionFilter& filter,
                const ItemSink& sink, Tally& tally) {
  std::vector<Locale> locales = list_locales(cldr, filter);
  parallel_for(locales.size(), 0, [&](size_t i) { read_locale(locales[i]); });
  for (const Locale& locale : locales)
    if (locale.broken) tally.add("broken caption file", locale.file.string());
  for (const Emoji& emoji : drawable(locales, *font, tally)) {
    Item item;
    item.record.source = "emoji";
    item.record.id = "emoji/" + code_points(emoji.sequence, true);
    item.family = "emoji/" + code_points(emoji.sequence, false);
    annotate(item, emoji, locales, filter, tally);
    item.render = [font, glyph = emoji.glyph] { return font->picture(glyph); };
    sink(std::move(item));
  }
}

}  // namespace

Source open_emoji(const fs::path& font, const fs::path& cldr, const CaptionFilter& filter) {
  std::error_code error;
  if (!fs::exists(font, error))
    throw InputError("data prepare", "{}: expected a colour font (Debian: fonts-noto-color-emoji), got nothing",
                     font.string());
  if (!fs::is_directory(cldr / "annotations", error) || !fs::is_directory(cldr / "annotationsDerived", error))
    throw InputError("data prepare", "{}: expected CLDR's annotations (Debian: unicode-cldr-core), got nothing",
                     cldr.string());
  auto face = std::make_shared<const EmojiFont>(font);
  return {"emoji", [=](const ItemSink& sink, Tally& tally) { read_emoji(face, cldr, filter, sink, tally); }};
}

}  // namespace sensorium
