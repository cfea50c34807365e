#include "sensorium/data/source.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstring>

namespace sensorium {

bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    for (uint64_t eight = 0; left >= 8; p += 8, left -= 8) {  // most texts are ASCII
      std::memcpy(&eight, p, 8);
      if (eight & 0x8080808080808080u) break;
    }
    if (left == 0) return true;
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t n = utf8proc_iterate(p, left, &point);
    if (n <= 0) return false;
    p += n;
    left -= n;
  }
  return true;
}

bool CaptionFilter::accepts(std::string_view language) const {
  if (languages.empty()) return true;
  return std::any_of(languages.begin(), languages.end(), [&](const std::string& wanted) {
    return language == wanted || (language.size() > wanted.size() && language.substr(0, wanted.size()) == wanted &&
                                  language[wanted.size()] == '-');
  });
}

std::string tidy_text(std::string_view text, bool& valid) {
  valid = is_utf8(text);
  if (!valid) return "";
  std::string out;
  bool gap = false;
  for (const char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r') || c == '\0') {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

bool add_caption(Record& record, const CaptionFilter& filter, std::string_view text, std::string language,
                 std::string source, Tally& tally, const std::string& example) {
  if (!filter.accepts(language)) return false;
  bool valid = true;
  std::string tidy = tidy_text(text, valid);
  if (!valid) {
    tally.add("caption is not UTF-8", example);
    return false;
  }
  if (tidy.empty()) {
    tally.add("empty caption", example);
    return false;
  }
  const bool known = std::any_of(record.captions.begin(), record.captions.end(),
                                 [&](const Caption& c) { return c.text == tidy && c.language == language; });
  if (!known) record.captions.push_back({std::move(tidy), std::move(language), std::move(source)});
  return true;
}

bool says_nothing(const Record& r) {
  return r.captions.empty() && r.label.empty() && r.regions.empty() && r.objects.empty() && r.questions.empty();
}

std::string split_name(std::string_view given) {
  if (given == "training" || given == "restval") return "train";
  if (given == "validation" || given == "valid" || given == "dev") return "val";
  return given == "testing" ? "test" : std::string(given);
}

std::string language_tag(std::string_view locale) {
  std::string tag(locale);
  std::replace(tag.begin(), tag.end(), '_', '-');
  const size_t at = tag.find('@');
  if (at == std::string::npos) return tag;
  const std::string variant = tag.substr(at + 1);
  tag.resize(at);
  if (variant == "latin") return tag + "-Latn";
  if (variant == "cyrillic") return tag + "-Cyrl";
  return tag + "-" + variant;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw InputError("data prepare", "{}: expected a folder, got {}", folder.string(),
                     fs::exists(folder, error) ? "something else" : "nothing of that name");
  std::vector<fs::path> files;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_directory(ignored)) files.push_back(it->path());
  }
  if (error)
    throw InputError("data prepare", "{}: expected a readable folder, got: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace sensorium
