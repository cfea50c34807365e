#include "sensorium/data/download_list.h"

#include "sensorium/data/csv.h"
#include "sensorium/data/download_checksum.h"
#include "sensorium/data/lines.h"
#include "sensorium/data/manifest.h"
#include "sensorium/data/source.h"

#include <optional>

namespace sensorium {
namespace {

using Names = std::vector<std::string>;
using Fields = std::vector<std::string>;

constexpr size_t kLineLimit = size_t{1} << 20;
constexpr size_t kCaptionLimit = 1000;  // of one picture
const Names kUrlNames{"url", "image_url", "photo_image_url", "coco_url", "flickr_url", "thumbnail_url", "link",
                      "src", "image"};
const Names kCaptionNames{"caption", "captions", "text", "title", "description", "alt_text", "alt", "sentence"};
const Names kChecksumNames{"sha256", "sha1", "md5", "checksum"};
const Names kLanguageNames{"language", "lang", "locale"};
const Names kSplitNames{"split", "set", "subset"};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

bool is_web_address(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

/// Turns what a line says into an item.
class ItemMaker {
 public:
  ItemMaker(const fs::path& file, const ListColumns& columns, Tally& tally,
            const std::function<void(DownloadItem&&)>& sink)
      : source_(file.stem().string()), filter_{{}, columns.default_language}, tally_(tally), sink_(sink) {}

  /// The texts of one line; `captions` with their languages, empty for the default.
  struct Line {
    std::string url, checksum, language, split;
    std::vector<std::pair<std::string, std::string>> captions;
  };

  void add(Line line, const std::string& where) {
    DownloadItem item;
    item.url = std::move(line.url);
    if (item.url.empty()) return tally_.add("line without an address", where);
    if (item.url.find_first_of(std::string("\0\t\r\n", 4)) != std::string::npos || !is_utf8(item.url))
      return tally_.add("address with control characters or broken UTF-8", where);
    item.source = source_;
    item.split = is_utf8(line.split) ? split_name(line.split) : "";
    if (!line.checksum.empty()) {
      const auto checksum = parse_checksum(line.checksum);
      if (!checksum) return tally_.add("checksum that is none of MD5, SHA-1 and SHA-256", where);
      item.checksum = *checksum;
    }
    Record record;
    for (auto& [text, language] : line.captions) {
      if (record.captions.size() >= kCaptionLimit) break;
      if (language.empty()) language = line.language;
      add_caption(record, filter_, text, language.empty() ? filter_.default_language : language_tag(language),
                  "caption", tally_, where);
    }
    item.captions = std::move(record.captions);
    sink_(std::move(item));
  }

  Tally& tally() { return tally_; }

 private:
  std::string source_;
  CaptionFilter filter_;
  Tally& tally_;
  const std::function<void(DownloadItem&&)>& sink_;
};

/// Places of the columns of a table.
struct Places {
  size_t columns = 0, url = 0;
  std::optional<size_t> caption, checksum, language, split;
  bool header = false;
};

std::optional<size_t> find_column(const Fields& header, const std::string& given, const Names& usual) {
  for (const std::string& name : given.empty() ? usual : Names{lower(given)})
    for (size_t i = 0; i < header.size(); ++i)
      if (lower(header[i]) == name) return i;
  return std::nullopt;
}

std::optional<size_t> find_address(const Fields& fields) {
  for (size_t i = 0; i < fields.size(); ++i)
    if (is_web_address(fields[i])) return i;
  return std::nullopt;
}

Places find_places(const Fields& first, const ListColumns& columns, const fs::path& file) {
  Places p;
  p.columns = first.size();
  if (const auto address = find_address(first)) {
    p.url = *address;
    if (first.size() > 1) p.caption = *address == 0 ? 1 : 0;
    return p;
  }
  p.header = true;
  const auto need = [&](const char* what, const std::string& given, const Names& usual, bool always) {
    const auto place = find_column(first, given, usual);
    if (!place && (always || !given.empty()))
      throw InputError("data download",
                       "{}: expected a column for the {} ({}) or an address in the first line, got: {}", file.string(),
                       what, given.empty() ? fmt::format("{}", fmt::join(usual, ", ")) : given,
                       fmt::format("{}", fmt::join(first, ", ")).substr(0, 200));
    return place;
  };
  p.url = *need("address", columns.url, kUrlNames, true);
  p.caption = need("caption", columns.caption, kCaptionNames, false);
  p.checksum = need("checksum", columns.checksum, kChecksumNames, false);
  p.language = need("language", columns.language, kLanguageNames, false);
  p.split = need("split", columns.split, kSplitNames, false);
  return p;
}

/// Hands over rows of a table whose first row decides the columns.
class Table {
 public:
  Table(const fs::path& file, const ListColumns& columns, ItemMaker& maker)
      : file_(file), columns_(columns), maker_(maker) {}

  void row(Fields& fields, uint64_t number) {
    const bool first = !places_;
    if (first) places_ = find_places(fields, columns_, file_);
    if (first && places_->header) return;
    const std::string where = fmt::format("{}:{}", file_.string(), number);
    if (fields.size() != places_->columns)
      return maker_.tally().add("line with another number of fields than the first", where);
    const auto field = [&](std::optional<size_t> i) { return i ? fields[*i] : std::string(); };
    ItemMaker::Line line{
        fields[places_->url], field(places_->checksum), field(places_->language), field(places_->split), {}};
    if (places_->caption) line.captions.emplace_back(field(places_->caption), "");
    maker_.add(std::move(line), where);
  }

 private:
  fs::path file_;
  const ListColumns& columns_;
  ItemMaker& maker_;
  std::optional<Places> places_;
};

/// A field that is quoted as a whole, without its quotes.
std::string unquoted(std::string field) {
  if (field.size() < 2 || field.front() != '"' || field.back() != '"') return field;
  std::string out;
  for (size_t i = 1; i + 1 < field.size(); ++i) {
    out += field[i];
    if (field[i] == '"' && field[i + 1] == '"' && i + 2 < field.size()) ++i;
  }
  return out;
}

Fields split_tabs(const std::string& line) {
  Fields fields;
  for (size_t from = 0;; ++from) {
    const size_t tab = line.find('\t', from);
    fields.push_back(unquoted(line.substr(from, tab == std::string::npos ? tab : tab - from)));
    if (tab == std::string::npos) return fields;
    from = tab;
  }
}

/// The strings under the first of these keys: a string, a list of strings, or of objects with "text" and "language".
/// False when there is something else.
bool take_texts(const Json& object, const std::string& given, const Names& usual,
                std::vector<std::pair<std::string, std::string>>& out) {
  for (const std::string& key : given.empty() ? usual : Names{given}) {
    const auto it = object.find(key);
    if (it == object.end() || it->is_null()) continue;
    const Json list = it->is_array() ? *it : Json::array({*it});
    for (const Json& entry : list) {
      const Json text = entry.is_object() ? entry.value("text", Json()) : entry;
      const Json language = entry.is_object() ? entry.value("language", Json("")) : Json("");
      if (!text.is_string() || !language.is_string()) return false;
      out.emplace_back(text.get<std::string>(), language.get<std::string>());
    }
    return true;
  }
  return true;
}

void read_json_line(const std::string& text, const std::string& where, const ListColumns& columns, ItemMaker& maker) {
  Json object;
  try {
    object = parse_json(text, where);
  } catch (const InputError&) {
  }
  if (!object.is_object()) return maker.tally().add("line that is no JSON object", where);
  ItemMaker::Line line;
  const auto one = [&](const std::string& given, const Names& usual, std::string& out) {
    std::vector<std::pair<std::string, std::string>> found;
    if (!take_texts(object, given, usual, found) || found.size() > 1) return false;
    if (!found.empty()) out = found[0].first;
    return true;
  };
  if (!one(columns.url, kUrlNames, line.url) || !one(columns.checksum, kChecksumNames, line.checksum) ||
      !one(columns.language, kLanguageNames, line.language) || !one(columns.split, kSplitNames, line.split) ||
      !take_texts(object, columns.caption, kCaptionNames, line.captions))
    return maker.tally().add("line with a value of another type", where);
  maker.add(std::move(line), where);
}

template <class Line>
void for_each_line(const fs::path& file, Tally& tally, const Line& each) {
  LineReader lines(file, kLineLimit);
  for (std::string_view line; lines.next(line);) {
    if (lines.too_long())
      tally.add("line longer than 1 MiB", fmt::format("{}:{}", file.string(), lines.number()));
    else if (line.find_first_not_of(" \t") != std::string_view::npos)
      each(std::string(line), lines.number());
  }
}

std::string trimmed(const std::string& text) {
  const size_t from = text.find_first_not_of(" \t");
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

}  // namespace

void ListColumns::describe(OptionSet& o) {
  o.field("url", url, "column or key of the address");
  o.field("caption", caption, "of the caption");
  o.field("checksum", checksum, "of the checksum (MD5, SHA-1 or SHA-256)");
  o.field("language", language, "of the caption's language");
  o.field("split", split, "of the split");
  o.field("default_language", default_language, "of captions that do not say");
}

void read_download_list(const fs::path& file, const ListColumns& columns, Tally& tally,
                        const std::function<void(DownloadItem&&)>& item) {
  std::error_code error;
  if (fs::is_directory(file, error)) {
    read_manifest_header(file);
    return read_download_list(file / kRecordsFile, columns, tally, item);
  }
  ItemMaker maker(file, columns, tally, item);
  Table table(file, columns, maker);
  const std::string kind = lower(file.extension().string());
  const auto at = [&](uint64_t number) { return fmt::format("{}:{}", file.string(), number); };
  if (kind == ".txt") {
    for_each_line(file, tally, [&](const std::string& line, uint64_t number) {
      const std::string address = trimmed(line);
      if (!address.starts_with('#')) maker.add({address, "", "", "", {}}, at(number));
    });
  } else if (kind == ".tsv") {
    for_each_line(file, tally, [&](const std::string& line, uint64_t number) {
      Fields fields = split_tabs(line);
      table.row(fields, number);
    });
  } else if (kind == ".jsonl" || kind == ".ndjson") {
    for_each_line(file, tally,
                  [&](const std::string& line, uint64_t number) { read_json_line(line, at(number), columns, maker); });
  } else if (kind == ".csv") {
    const bool whole = read_csv(file, ',', [&](Fields& fields, uint64_t number) {
      table.row(fields, number);
      return true;
    });
    if (!whole) tally.add("quoted field without an end", file.string());
  } else {
    throw InputError("data download", "{}: expected a list (.txt, .tsv, .csv, .jsonl) or a manifest folder, got \"{}\"",
                     file.string(), kind);
  }
}

}  // namespace sensorium
