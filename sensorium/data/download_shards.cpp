#include "sensorium/data/download_shards.h"

#include "sensorium/data/picture_file.h"
#include "sensorium/data/tar.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace sensorium {
namespace {

constexpr uint64_t kMemberLimit = uint64_t{1} << 30;

/// A picture that waits in the stage folder.
struct Staged {
  uint64_t index = 0;
  fs::path file;
  bool operator<(const Staged& other) const { return index < other.index; }
};

std::vector<Staged> staged_pictures(const fs::path& stage, const DownloadState& state) {
  std::vector<Staged> list;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(stage, error)) {
    const std::string stem = file.path().stem().string();
    uint64_t index = 0;
    const auto [end, fault] = std::from_chars(stem.data(), stem.data() + stem.size(), index);
    if (fault == std::errc() && end == stem.data() + stem.size() && index < state.size() &&
        state.entry(index).status == DownloadStatus::done)
      list.push_back({index, file.path()});
  }
  std::sort(list.begin(), list.end());
  return list;
}

void add_sample(TarWriter& tar, const Staged& staged, const DownloadState& state) {
  const DownloadItem item = state.merged_item(staged.index);
  const std::string key = shard_key(staged.index);
  const std::string picture = key + staged.file.extension().string();
  tar.add(picture, read_file(staged.file, kMemberLimit));
  std::string json;
  append_json(json, download_record(item, state.entry(staged.index), staged.index, picture));
  tar.add(key + ".json", json + "\n");
  if (!item.captions.empty()) tar.add(key + ".txt", item.captions[0].text);
}

}  // namespace

std::string shard_file_name(uint64_t shard) {
  return fmt::format("shard-{:06}.tar", shard);
}

std::string shard_key(uint64_t index) {
  return fmt::format("{:09}", index);
}

Record download_record(const DownloadItem& item, const DownloadEntry& entry, uint64_t index, const std::string& image) {
  Record record;
  record.id = item.source + "/" + shard_key(index);
  record.source = item.source;
  record.image = image;
  record.url = item.url;
  record.width = static_cast<int>(entry.width);
  record.height = static_cast<int>(entry.height);
  record.hash = hash_text(entry.hash);
  record.perceptual_hash = entry.perceptual_hash;
  record.split = item.split;
  record.captions = item.captions;
  return record;
}

void write_download_shard(const fs::path& file, const fs::path& stage, const DownloadState& state) {
  const std::vector<Staged> staged = staged_pictures(stage, state);
  if (!staged.empty()) {
    TarWriter tar(file);
    size_t next = 0;
    if (fs::exists(file)) {
      std::set<std::string> replaced;
      for (const Staged& s : staged) replaced.insert(shard_key(s.index));
      const MappedFile map(file);
      const std::string_view earlier(reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size());
      for_each_tar_member(earlier, file.string(), [&](const TarMember& member) {
        const std::string key = member.name.substr(0, member.name.find('.'));
        while (next < staged.size() && shard_key(staged[next].index) < key) add_sample(tar, staged[next++], state);
        if (!replaced.contains(key)) tar.add(member.name, earlier.substr(member.offset, member.size));
        return true;
      });
    }
    while (next < staged.size()) add_sample(tar, staged[next++], state);
    tar.commit();
  }
  std::error_code ignored;
  fs::remove_all(stage, ignored);
}

void for_each_sharded(const fs::path& file, const std::function<void(uint64_t, const fs::path&)>& picture) {
  for_each_tar_member(file, [&](const TarMember& member) {
    uint64_t index = 0;
    const char* end = member.name.data() + member.name.size();
    const auto [stop, fault] = std::from_chars(member.name.data(), end, index);
    const std::string_view suffix(stop, static_cast<size_t>(end - stop));
    if (fault == std::errc() && suffix != ".json" && suffix != ".txt")
      picture(index, shard_picture(file.filename(), member.offset, member.size));
    return true;
  });
}

}  // namespace sensorium
