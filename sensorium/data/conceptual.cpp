#include "sensorium/data/conceptual.h"

#include "sensorium/data/coco.h"
#include "sensorium/data/lines.h"

namespace sensorium {
namespace {

constexpr size_t kLongestLine = 64 << 10;
constexpr uint64_t kLooked = 1000;  // lines from which the columns are told

/// "http://..." or the like, without blanks.
bool is_address(std::string_view text) {
  const size_t colon = text.find("://");
  return colon != std::string_view::npos && colon > 0 && colon < 8 && colon + 3 < text.size() &&
         text.find(' ') == std::string_view::npos;
}

/// Whether the address stands in the first column. Nothing when no line looked at has one.
std::optional<bool> address_first(const fs::path& file) {
  LineReader lines(file, kLongestLine);
  uint64_t first = 0, second = 0;
  std::string_view line;
  while (lines.number() < kLooked && lines.next(line)) {
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    first += is_address(line.substr(0, tab));
    second += is_address(line.substr(tab + 1));
  }
  if (first + second == 0) return std::nullopt;
  return first > second;
}

class ConceptualReader {
 public:
  ConceptualReader(const fs::path& file, bool address_first, const CaptionFilter& filter)
      : file_(file),
        name_(file.stem().string()),
        split_(split_in_name(file)),
        address_first_(address_first),
        filter_(filter) {}

  void read(const ItemSink& sink, Tally& tally) {
    LineReader lines(file_, kLongestLine);
    std::string_view line;
    while (lines.next(line)) {
      Item item;
      const char* fault = lines.too_long() ? "too long line" : take(line, lines.number(), item.record);
      if (fault)
        tally.add(fault, fmt::format("{}: line {}", file_.string(), lines.number()));
      else
        sink(std::move(item));
    }
  }

 private:
  /// What is wrong with the line, or null.
  const char* take(std::string_view line, uint64_t number, Record& record) const {
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos || line.find('\t', tab + 1) != std::string_view::npos)
      return "row with another number of columns than two";
    std::string_view address = line.substr(0, tab), caption = line.substr(tab + 1);
    if (!address_first_) std::swap(address, caption);
    if (!is_address(address)) return "row without a picture";
    if (!is_utf8(address)) return "address is not UTF-8";
    bool valid = true;
    std::string text = tidy_text(caption, valid);
    if (!valid) return "caption is not UTF-8";
    if (text.empty()) return "empty caption";
    record.source = name_;
    record.id.reserve(name_.size() + 12);
    fmt::format_to(std::back_inserter(record.id), "{}/{}", name_, number);
    record.split = split_;
    record.url = address;
    if (filter_.accepts(filter_.default_language))
      record.captions.push_back({std::move(text), filter_.default_language, "caption"});
    return nullptr;
  }

  fs::path file_;
  std::string name_, split_;
  bool address_first_;
  CaptionFilter filter_;
};

}  // namespace

Source open_conceptual(const fs::path& file, const CaptionFilter& filter) {
  if (std::error_code error; !fs::is_regular_file(file, error))
    throw InputError("data prepare", "{}: expected a table, got nothing of that name", file.string());
  const auto first = address_first(file);
  if (!first)
    throw InputError("data prepare",
                     "{}: expected lines of a caption, a tab and an address (or the other way round), got none",
                     file.string());
  Source source{file.stem().string(),
                [=](const ItemSink& sink, Tally& tally) { ConceptualReader(file, *first, filter).read(sink, tally); }};
  source.has_pictures = false;
  return source;
}

}  // namespace sensorium
