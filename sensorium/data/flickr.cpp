#include "sensorium/data/flickr.h"

#include "sensorium/data/lines.h"

#include <algorithm>
#include <map>
#include <optional>

namespace sensorium {
namespace {

constexpr size_t kLongestLine = 64 << 10;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// The picture's name and the caption of a line. Nothing for a line of another form; the header of results.csv is one.
std::optional<std::pair<std::string_view, std::string_view>> parse_line(std::string_view line) {
  const auto all_digits = [](std::string_view t) {
    return !t.empty() && t.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (const size_t tab = line.find('\t'); tab != std::string_view::npos) {
    const std::string_view key = line.substr(0, tab);
    const size_t hash = key.rfind('#');
    if (hash == std::string_view::npos || hash == 0 || !all_digits(trimmed(key.substr(hash + 1)))) return std::nullopt;
    return std::pair(key.substr(0, hash), line.substr(tab + 1));
  }
  const size_t bar = line.find('|'), second = line.find('|', bar == line.npos ? bar : bar + 1);
  if (second == std::string_view::npos || !all_digits(trimmed(line.substr(bar + 1, second - bar - 1))))
    return std::nullopt;
  return std::pair(trimmed(line.substr(0, bar)), line.substr(second + 1));
}

/// Splits of pictures, from the lists beside the file.
std::map<std::string, std::string, std::less<>> read_splits(const fs::path& folder) {
  std::map<std::string, std::string, std::less<>> splits;
  const std::pair<const char*, const char*> lists[] = {{"Flickr_8k.trainImages.txt", "train"},
                                                       {"Flickr_8k.devImages.txt", "val"},
                                                       {"Flickr_8k.testImages.txt", "test"},
                                                       {"train.txt", "train"},
                                                       {"val.txt", "val"},
                                                       {"test.txt", "test"}};
  for (const auto& [name, split] : lists) {
    if (std::error_code error; !fs::is_regular_file(folder / name, error)) continue;
    LineReader lines(folder / name, kLongestLine);
    std::string_view line;
    while (lines.next(line)) {
      std::string picture(trimmed(line));
      if (!picture.empty() && fs::path(picture).extension().empty()) picture += ".jpg";  // Flickr30k lists bare numbers
      if (!picture.empty()) splits.emplace(std::move(picture), split);
    }
  }
  return splits;
}

void read_flickr(const fs::path& file, const fs::path& images, const CaptionFilter& filter, const ItemSink& sink,
                 Tally& tally) {
  const auto splits = read_splits(file.parent_path());
  const std::string name = file.stem().string();
  Item item;
  bool begun = false;
  const auto flush = [&] {
    if (begun) sink(std::move(item));
    item = {};
  };
  LineReader lines(file, kLongestLine);
  std::string_view line;
  while (lines.next(line)) {
    const auto parsed = lines.too_long() ? std::nullopt : parse_line(line);
    if (!parsed) {
      if (lines.number() > 1 || line.find('|') == line.npos)
        tally.add("line of another form", fmt::format("{}: line {}", file.string(), lines.number()));
      continue;
    }
    const std::string id = fmt::format("{}/{}", name, parsed->first);
    if (!begun || item.record.id != id) {
      flush();
      begun = true;
      item.record.source = name;
      item.record.id = id;
      item.record.image = (images / parsed->first).lexically_normal().string();
      if (const auto split = splits.find(parsed->first); split != splits.end()) item.record.split = split->second;
    }
    add_caption(item.record, filter, parsed->second, filter.default_language, "caption", tally, id);
  }
  flush();
}

}  // namespace

Source open_flickr(const fs::path& file, const fs::path& images, const CaptionFilter& filter) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    throw InputError("data prepare", "{}: expected a token file, got nothing of that name", file.string());
  if (!fs::is_directory(images, error))
    throw InputError("data prepare", "{}: expected the folder of the pictures, got nothing of that name",
                     images.string());
  LineReader lines(file, kLongestLine);
  std::string_view line;
  bool found = false;
  while (!found && lines.number() < 100 && lines.next(line)) found = parse_line(line).has_value();
  if (!found)
    throw InputError("data prepare", "{}: expected lines \"NAME.jpg#0\", tab, caption (Flickr's layout), got none",
                     file.string());
  return {file.stem().string(), [=, images = fs::absolute(images)](const ItemSink& sink, Tally& tally) {
            read_flickr(file, images, filter, sink, tally);
          }};
}

}  // namespace sensorium
