#include "sensorium/data/shards.h"

#include "sensorium/data/image_folder.h"
#include "sensorium/data/json_list.h"
#include "sensorium/data/picture_file.h"
#include "sensorium/data/tar.h"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace sensorium {
namespace {

constexpr size_t kMostShards = 1'000'000;
constexpr uint64_t kLongestText = uint64_t{16} << 20;

/// The words that stand for what is between two braces.
std::vector<std::string> brace_words(const std::string& inside) {
  const size_t dots = inside.find("..");
  uint64_t first = 0, last = 0;
  const auto number = [](std::string_view text, uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
  };
  std::vector<std::string> words;
  if (dots != std::string::npos && number(std::string_view(inside).substr(0, dots), first) &&
      number(std::string_view(inside).substr(dots + 2), last)) {
    if (last < first || last - first >= kMostShards)
      throw InputError("data prepare", "expected a range of at most {} shards, got {{{}}}", kMostShards, inside);
    const size_t width = inside[0] == '0' ? dots : 1;
    for (uint64_t i = first; i <= last; ++i) words.push_back(fmt::format("{:0{}}", i, width));
    return words;
  }
  for (size_t at = 0; at <= inside.size();) {
    const size_t comma = std::min(inside.find(',', at), inside.size());
    words.push_back(inside.substr(at, comma - at));
    at = comma + 1;
  }
  return words;
}

void expand_braces(const std::string& pattern, std::vector<std::string>& out) {
  const size_t open = pattern.find('{'), close = pattern.find('}', open == pattern.npos ? open : open + 1);
  if (close == std::string::npos) {
    if (out.size() >= kMostShards)
      throw InputError("data prepare", "expected a pattern of at most {} shards, got more", kMostShards);
    out.push_back(pattern);
    return;
  }
  for (const std::string& word : brace_words(pattern.substr(open + 1, close - open - 1)))
    expand_braces(pattern.substr(0, open) + word + pattern.substr(close + 1), out);
}

void expand_wildcard(const std::string& pattern, std::vector<fs::path>& out) {
  const fs::path path = pattern;
  const std::string last = path.filename().string();
  if (last.find_first_of("*?") == std::string::npos) return void(out.push_back(path));
  const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (::fnmatch(last.c_str(), it->path().filename().c_str(), FNM_PERIOD) == 0)
      found.push_back(path.has_parent_path() ? it->path() : it->path().filename());
  if (found.empty()) throw InputError("data prepare", "{}: expected shards of such names, got none", pattern);
  std::sort(found.begin(), found.end());
  out.insert(out.end(), found.begin(), found.end());
}

/// Members of one key become one item.
class ShardReader {
 public:
  ShardReader(const fs::path& shard, std::string name, const CaptionFilter& filter, const ItemSink& sink, Tally& tally)
      : shard_(shard), map_(shard), name_(std::move(name)), filter_(filter), sink_(sink), tally_(tally) {}

  void read() {
    const std::string_view all(reinterpret_cast<const char*>(map_.bytes().data()), map_.bytes().size());
    for_each_tar_member(all, shard_.string(), [&](const TarMember& member) {
      const size_t slash = member.name.rfind('/');
      const size_t dot = member.name.find('.', slash == std::string::npos ? 0 : slash + 1);
      const std::string key = member.name.substr(0, dot);
      if (!item_ || key != key_) flush();
      if (!item_) item_.emplace();
      key_ = key;
      take(member, dot == std::string::npos ? "" : member.name.substr(dot + 1), all.substr(member.offset, member.size));
      return true;
    });
    flush();
  }

 private:
  void take(const TarMember& member, const std::string& ending, std::string_view bytes) {
    Record& record = item_->record;
    if (has_picture_ending("x." + ending) || ending == "bin") {
      picture_ = shard_picture(shard_, member.offset, member.size);
    } else if (bytes.size() > kLongestText) {
      tally_.add("too long text in a shard", where(member.name));
    } else if (ending == "json") {
      take_json(bytes, member.name);
    } else if (ending == "txt") {
      text_ = bytes;
    } else if (ending == "cls") {
      bool valid = true;
      record.label = tidy_text(bytes, valid);
    } else {
      tally_.add("member of a kind that is not read", where(member.name));
    }
  }

  void take_json(std::string_view bytes, const std::string& member) {
    const Json json = Json::parse(bytes, nullptr, false);
    if (!json.is_object()) return tally_.add("member that is no JSON object", where(member));
    Record& record = item_->record;
    if (json.contains("captions") && json.contains("id") && json.contains("source")) {
      try {
        record = record_from_json(json, where(member));
        std::erase_if(record.captions, [&](const Caption& c) { return !filter_.accepts(c.language); });
        whole_ = true;
      } catch (const InputError& e) {
        tally_.add("member that is no record", e.what());
      }
      return;
    }
    record.url = text_member(json, "url");
    caption_ = text_member(json, "caption");
  }

  void flush() {
    if (!item_) return;
    Record& record = item_->record;
    if (!whole_) {
      record.id = name_ + "/" + key_;
      record.source = name_;
      add_texts(record);
    }
    record.image = picture_.string();
    if (picture_.empty())
      tally_.add("row without a picture", where(key_));
    else
      sink_(std::move(*item_));
    item_.reset();
    picture_.clear();
    text_.clear();
    caption_.clear();
    whole_ = false;
  }

  void add_texts(Record& record) {
    std::string_view rest = text_.empty() ? std::string_view(caption_) : text_;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.find_first_not_of(" \t\r") != std::string_view::npos)
        add_caption(record, filter_, line, filter_.default_language, "caption", tally_, record.id);
    }
  }

  std::string where(const std::string& member) const { return fmt::format("{}: {}", shard_.string(), member); }

  fs::path shard_;
  MappedFile map_;
  std::string name_;
  const CaptionFilter& filter_;
  const ItemSink& sink_;
  Tally& tally_;
  std::optional<Item> item_;
  std::string key_, text_, caption_;
  fs::path picture_;
  bool whole_ = false;  // the record came as JSON
};

}  // namespace

std::vector<fs::path> expand_shards(const std::string& pattern) {
  std::vector<std::string> words;
  expand_braces(pattern, words);
  std::vector<fs::path> shards;
  for (const std::string& word : words) expand_wildcard(word, shards);
  return shards;
}

Source open_shards(const std::string& pattern, const CaptionFilter& filter) {
  std::vector<fs::path> shards = expand_shards(pattern);
  for (fs::path& shard : shards) {
    if (std::error_code error; !fs::is_regular_file(shard, error))
      throw InputError("data prepare", "{}: expected a tar shard, got nothing of that name", shard.string());
    shard = fs::absolute(shard).lexically_normal();
  }
  const std::string name = shards[0].parent_path().filename().string();
  return {name, [=](const ItemSink& sink, Tally& tally) {
            for (const fs::path& shard : shards) ShardReader(shard, name, filter, sink, tally).read();
          }};
}

}  // namespace sensorium
