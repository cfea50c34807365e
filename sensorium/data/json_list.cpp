#include "sensorium/data/json_list.h"

#include "sensorium/data/lines.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sensorium {
namespace {

constexpr size_t kLargestElement = size_t{64} << 20;
constexpr size_t kDeepest = 1000;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// Brackets and strings of JSON, byte by byte.
class Scanner {
 public:
  Scanner(const fs::path& file, std::span<const std::string_view> keys,
          const std::function<bool(const JsonElement&)>& element)
      : file_(file), keys_(keys), element_(element), found_(keys.size()) {}

  /// False when no more is wanted.
  bool feed(std::string_view block) {
    for (size_t i = 0; i < block.size() && more_; ++i, ++at_) {
      if (in_string_)
        string_byte(block[i]);
      else
        byte(block[i]);
      if (text_.size() > kLargestElement) fail("an element of more than 64 MiB");
    }
    return more_;
  }

  std::vector<bool> finish() {
    if (more_ && (!ended_ || in_string_)) fail("the end");
    return found_;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw InputError("data prepare", "{}: expected JSON, got: {} at byte {}", file_.string(), what, at_);
  }

  /// Whether the next byte stands directly in the list that is given out.
  bool at_list() const { return list_ && open_.size() == list_depth_; }

  void string_byte(char c) {
    if (list_) text_ += c;
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
      return;
    }
    if (reads_key_) key_ += c;
  }

  void byte(char c) {
    if (is_space(c)) {
      if (list_ && !text_.empty()) text_ += c;
      return;
    }
    if (ended_) fail("more than one value");
    const bool ends_element = at_list() && (c == ',' || c == ']');
    if (ends_element) give(c);
    if (list_ && !ends_element) {
      if (text_.empty()) start_ = at_;
      text_ += c;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        reads_key_ = open_ == "{" && wants_key_;
        if (reads_key_) key_.clear();
        break;
      case '{':
      case '[':
        open(c);
        break;
      case '}':
      case ']':
        close(c);
        break;
      case ',':
        wants_key_ = open_ == "{";
        break;
      case ':':
        if (open_ == "{") wants_key_ = false;
        break;
      default:
        if (open_.empty()) fail("something that is neither an object nor a list");
    }
  }

  void open(char c) {
    if (open_.size() >= kDeepest) fail("too many brackets");
    if (!list_ && c == '[' && (open_.empty() || (open_ == "{" && !wants_key_))) {
      const auto key = std::find(keys_.begin(), keys_.end(), open_.empty() ? std::string_view() : key_);
      if (key != keys_.end()) {
        list_ = static_cast<size_t>(key - keys_.begin());
        list_depth_ = open_.size() + 1;
        found_[*list_] = true;
        after_comma_ = false;
      }
    }
    open_ += c;
    wants_key_ = open_ == "{";
  }

  void close(char c) {
    if (open_.empty() || open_.back() != (c == '}' ? '{' : '[')) fail("a bracket that was not opened");
    if (at_list()) list_.reset();
    open_.pop_back();
    ended_ = open_.empty();
  }

  /// The element before a comma or the list's end.
  void give(char c) {
    while (!text_.empty() && is_space(text_.back())) text_.pop_back();
    if (text_.empty() && (c == ',' || after_comma_)) fail("a comma without a value");
    if (!text_.empty()) more_ = element_({*list_, text_, start_});
    text_.clear();
    after_comma_ = c == ',';
  }

  const fs::path& file_;
  std::span<const std::string_view> keys_;
  const std::function<bool(const JsonElement&)>& element_;
  std::vector<bool> found_;
  std::string open_, key_, text_;  // open brackets; the key read last; the element so far
  std::optional<size_t> list_;     // the list given out
  size_t list_depth_ = 0;
  uint64_t at_ = 0, start_ = 0;
  bool in_string_ = false, escaped_ = false, reads_key_ = false, wants_key_ = false, after_comma_ = false;
  bool ended_ = false, more_ = true;
};

}  // namespace

std::vector<bool> for_each_json_element(const fs::path& file, std::span<const std::string_view> keys,
                                        const std::function<bool(const JsonElement&)>& element) {
  if (std::error_code error; !fs::is_regular_file(file, error))
    throw InputError("data prepare", "{}: expected a JSON file, got nothing of that name", file.string());
  BlockReader blocks(file);
  Scanner scanner(file, keys, element);
  std::string_view block = blocks.next();
  if (block.starts_with("\xef\xbb\xbf")) block.remove_prefix(3);
  for (; !block.empty(); block = blocks.next())
    if (!scanner.feed(block)) break;
  return scanner.finish();
}

Json parse_element(const JsonElement& element, const fs::path& file) {
  Json json = Json::parse(element.text, nullptr, false);
  if (json.is_discarded())
    throw InputError("data prepare", "{}: expected JSON, got: something else at byte {}", file.string(),
                     element.offset);
  return json;
}

std::optional<int64_t> integer_member(std::string_view object, std::span<const std::string_view> keys) {
  size_t depth = 0;
  for (size_t i = 0; i < object.size(); ++i) {
    const char c = object[i];
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c != '"') continue;
    const size_t begin = ++i;
    while (i < object.size() && object[i] != '"') i += object[i] == '\\' ? 2 : 1;
    if (i >= object.size()) return std::nullopt;
    if (depth != 1) continue;
    const std::string_view key = object.substr(begin, i - begin);
    size_t value = i + 1;
    while (value < object.size() && is_space(object[value])) ++value;
    if (value >= object.size() || object[value] != ':' || std::find(keys.begin(), keys.end(), key) == keys.end())
      continue;
    do ++value;
    while (value < object.size() && is_space(object[value]));
    int64_t number = 0;
    const auto [end, error] = std::from_chars(object.data() + value, object.data() + object.size(), number);
    if (error == std::errc()) return number;
  }
  return std::nullopt;
}

JsonElementFile::JsonElementFile(const fs::path& file) : path_(file), file_(std::fopen(file.c_str(), "rbe")) {
  if (!file_)
    throw InputError("data prepare", "{}: expected a readable file, got: {}", file.string(), std::strerror(errno));
}

Json JsonElementFile::read(const JsonPlace& place) {
  text_.resize(place.size);
  if (::fseeko(file_.get(), static_cast<off_t>(place.offset), SEEK_SET) != 0 ||
      std::fread(text_.data(), 1, text_.size(), file_.get()) != text_.size())
    throw InputError("data prepare", "{}: expected {} bytes at byte {}, got fewer", path_.string(), place.size,
                     place.offset);
  return parse_element({0, text_, place.offset}, path_);
}

std::string text_member(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

double number_member(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_number() ? it->get<double>() : 0;
}

const Json& list_member(const Json& object, const char* key) {
  static const Json none = Json::array();
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_array() ? *it : none;
}

}  // namespace sensorium
