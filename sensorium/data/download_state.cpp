#include "sensorium/data/download_state.h"

#include "sensorium/base/hash.h"
#include "sensorium/data/download_address.h"
#include "sensorium/data/download_checksum.h"
#include "sensorium/data/download_repeats.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sensorium {
namespace {

constexpr int kPlanVersion = 1;
constexpr const char* kPlanFile = "plan.json";
constexpr const char* kItemsFile = "items.jsonl";
constexpr const char* kStateFile = "state.bin";
constexpr size_t kEntry = sizeof(DownloadEntry);
constexpr size_t kFixedBytes = offsetof(DownloadEntry, bytes);
constexpr size_t kChangingBytes = kEntry - kFixedBytes - sizeof(uint16_t);
constexpr size_t kCaptionLimit = 1000;

uint16_t check_of(const DownloadEntry& entry) {
  const auto* bytes = reinterpret_cast<const char*>(&entry) + kFixedBytes;
  return static_cast<uint16_t>(stable_hash({bytes, kChangingBytes}));
}

/// Whether it could have been written; one that was torn or altered could not.
bool is_sound(const DownloadEntry& entry) {
  return entry.check == check_of(entry) && entry.status <= DownloadStatus::repeated &&
         entry.reason < DownloadReason::count && (entry.format < kPictureSuffixes.size() || entry.format == kOwnName);
}

uint64_t size_of(int fd) {
  struct stat s {};
  return ::fstat(fd, &s) == 0 ? static_cast<uint64_t>(s.st_size) : 0;
}

void read_at(int fd, void* data, size_t size, uint64_t offset, const fs::path& file) {
  char* p = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t n = ::pread(fd, p, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw InputError("data download", "{}: expected {} more bytes, got none", file.string(), size);
    p += n;
    size -= static_cast<size_t>(n);
    offset += static_cast<uint64_t>(n);
  }
}

std::string to_line(const DownloadItem& item) {
  OrderedJson json{{"url", item.url}, {"source", item.source}};
  if (!item.name.empty()) json["name"] = item.name;
  if (!item.checksum.empty()) json["checksum"] = item.checksum;
  if (!item.split.empty()) json["split"] = item.split;
  for (const Caption& c : item.captions) json["captions"].push_back({c.text, c.language});
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

DownloadItem from_line(const std::string& line, const std::string& where) {
  const Json json = parse_json(line, where);
  DownloadItem item;
  item.url = json_get<std::string>(json, "url", where);
  item.source = json_get<std::string>(json, "source", where);
  item.name = json_get_or<std::string>(json, "name", "", where);
  item.checksum = json_get_or<std::string>(json, "checksum", "", where);
  item.split = json_get_or<std::string>(json, "split", "", where);
  try {
    const auto captions = json.find("captions");
    if (captions != json.end())
      for (const Json& c : *captions)
        item.captions.push_back({c.at(0).get<std::string>(), c.at(1).get<std::string>(), "caption"});
  } catch (const Json::exception&) {
    throw InputError("data download", "{}: expected captions as pairs of texts, got something else", where);
  }
  return item;
}

/// Completes the address of an item; false when it is unusable.
bool settle_address(DownloadItem& item, const std::string& base_url) {
  std::string fault;
  const auto address = parse_web_address(join_address(base_url, item.url), fault);
  if (!address) return false;
  item.url = address->url;
  if (item.checksum.empty() && !address->fragment.empty())
    item.checksum = parse_checksum(address->fragment).value_or("");
  return true;
}

int open_or_fail(const fs::path& file, int flags) {
  const int fd = ::open(file.c_str(), flags | O_CLOEXEC, 0666);
  if (fd < 0)
    throw EnvironmentError("data download", "{}: expected to open it, got: {}", file.string(), std::strerror(errno));
  return fd;
}

}  // namespace

void remove_unfinished(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().find(".tmp-") != std::string::npos) fs::remove_all(entry.path(), ignored);
}

std::array<uint8_t, 16> hash_bytes(const std::string& hex) {
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < bytes.size() && 2 * i + 1 < hex.size(); ++i)
    bytes[i] = static_cast<uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  return bytes;
}

std::string hash_text(const std::array<uint8_t, 16>& bytes) {
  std::string out;
  for (const uint8_t b : bytes) out += fmt::format("{:02x}", b);
  return out;
}

DownloadState::DownloadState(const fs::path& folder, const OrderedJson& key, const std::string& base_url,
                             const std::function<OrderedJson(const Sink&)>& list)
    : folder_(folder) {
  const bool is_new = !fs::exists(folder), is_new_parent = !fs::exists(folder.parent_path());
  try {
    lock();
    remove_unfinished(folder_);
    if (!fs::exists(folder_ / kPlanFile)) make_plan(key, base_url, list);
    open_plan(key);
  } catch (...) {
    for (const int fd : {lock_, items_, entries_})
      if (fd >= 0) ::close(fd);
    std::error_code ignored;
    if (is_new) fs::remove_all(folder, ignored);
    if (is_new_parent) fs::remove(folder.parent_path(), ignored);  // only if empty
    throw;
  }
}

DownloadState::~DownloadState() {
  for (const int fd : {lock_, items_, entries_})
    if (fd >= 0) ::close(fd);
}

void DownloadState::lock() {
  make_directories(folder_);
  lock_ = open_or_fail(folder_ / "lock", O_RDWR | O_CREAT);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
    throw EnvironmentError("data download", "{}: expected to be alone here, got another download at work",
                           folder_.parent_path().string());
}

void DownloadState::make_plan(const OrderedJson& key, const std::string& base_url,
                              const std::function<OrderedJson(const Sink&)>& list) {
  AtomicFile items(folder_ / kItemsFile), entries(folder_ / kStateFile);
  AddressRepeats repeats;
  std::string lines, table;
  uint64_t count = 0;
  const auto flush = [&] {
    items.write(lines);
    entries.write(table);
    lines.clear();
    table.clear();
  };
  const OrderedJson notes = list([&](DownloadItem&& item) {
    DownloadEntry entry;
    entry.offset = items.size() + lines.size();
    if (settle_address(item, base_url)) {
      repeats.add(item.url, count);
    } else {
      entry.status = DownloadStatus::failed;
      entry.reason = DownloadReason::bad_address;
    }
    entry.check = check_of(entry);
    lines += to_line(item);
    table.append(reinterpret_cast<const char*>(&entry), kEntry);
    ++count;
    if (lines.size() > (size_t{1} << 20)) flush();
  });
  flush();
  const uint64_t bytes = items.size();
  items.commit();
  entries.commit();
  entries_ = open_or_fail(folder_ / kStateFile, O_RDWR);
  items_ = open_or_fail(folder_ / kItemsFile, O_RDONLY);
  size_ = count;
  items_bytes_ = bytes;
  repeats.for_each([&](uint64_t a, uint64_t b) {
    if (item(a).url != item(b).url) return;
    DownloadEntry first = entry(a), second = entry(b);
    first.next = b + 1;
    second.status = DownloadStatus::repeated;
    second.check = check_of(second);
    for (const auto& [index, e] : {std::pair(a, first), std::pair(b, second)})
      if (::pwrite(entries_, &e, kEntry, static_cast<off_t>(index * kEntry)) != static_cast<ssize_t>(kEntry))
        throw EnvironmentError("data download", "{}: expected to write, got: {}", (folder_ / kStateFile).string(),
                               std::strerror(errno));
  });
  ::fsync(entries_);
  ::close(std::exchange(entries_, -1));
  ::close(std::exchange(items_, -1));
  const OrderedJson plan{{"version", kPlanVersion}, {"items", count}, {"bytes", bytes}, {"key", key}, {"notes", notes}};
  write_file(folder_ / kPlanFile, plan.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

void DownloadState::open_plan(const OrderedJson& key) {
  const std::string file = (folder_ / kPlanFile).string();
  const Json plan = read_json(file);
  if (const int version = json_get<int>(plan, "version", file); version != kPlanVersion)
    throw InputError("data download", "{}: expected version {}, got {}", file, kPlanVersion, version);
  const Json wanted = Json::parse(key.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
  const Json had = json_get<Json>(plan, "key", file);
  for (const auto& [name, value] : wanted.items())
    if (const auto it = had.find(name); it == had.end() || *it != value)
      throw InputError("data download", "{}: expected to go on with {} {}, got {}; choose another --out",
                       folder_.parent_path().string(), name, it == had.end() ? "none" : it->dump().substr(0, 120),
                       value.dump().substr(0, 120));
  size_ = json_get<uint64_t>(plan, "items", file);
  items_bytes_ = json_get<uint64_t>(plan, "bytes", file);
  notes_ = json_get<Json>(plan, "notes", file);
  items_ = open_or_fail(folder_ / kItemsFile, O_RDONLY);
  entries_ = open_or_fail(folder_ / kStateFile, O_RDWR);
  if (size_of(entries_) / kEntry != size_)
    throw InputError("data download", "{}: expected the state of {} items, got {} bytes",
                     (folder_ / kStateFile).string(), size_, size_of(entries_));
  if (size_of(items_) != items_bytes_)
    throw InputError("data download", "{}: expected {} bytes, got {}", (folder_ / kItemsFile).string(), items_bytes_,
                     size_of(items_));
}

DownloadEntry DownloadState::entry(uint64_t index) const {
  SENSORIUM_ASSERT(index < size_);
  DownloadEntry e;
  read_at(entries_, &e, kEntry, index * kEntry, folder_ / kStateFile);
  if (is_sound(e)) return e;
  DownloadEntry fresh;
  fresh.offset = e.offset;
  fresh.next = e.next;
  return fresh;
}

void DownloadState::set(uint64_t index, DownloadEntry entry) {
  SENSORIUM_ASSERT(index < size_);
  entry.check = check_of(entry);
  const auto* bytes = reinterpret_cast<const char*>(&entry) + kFixedBytes;
  const size_t size = kEntry - kFixedBytes;
  if (::pwrite(entries_, bytes, size, static_cast<off_t>(index * kEntry + kFixedBytes)) != static_cast<ssize_t>(size))
    throw EnvironmentError("data download", "{}: expected to write, got: {}", (folder_ / kStateFile).string(),
                           std::strerror(errno));
}

DownloadItem DownloadState::item(uint64_t index) const {
  const uint64_t from = entry(index).offset;
  const uint64_t to = index + 1 < size_ ? entry(index + 1).offset : items_bytes_;
  if (to < from || to > items_bytes_)
    throw InputError("data download", "{}: expected offsets in order, got {} and {}", (folder_ / kStateFile).string(),
                     from, to);
  std::string line(to - from, '\0');
  read_at(items_, line.data(), line.size(), from, folder_ / kItemsFile);
  return from_line(line, (folder_ / kItemsFile).string());
}

DownloadItem DownloadState::merged_item(uint64_t index) const {
  DownloadItem merged = item(index);
  uint64_t last = index + 1;
  for (uint64_t next = entry(index).next; next > last && next <= size_; next = entry(next - 1).next) {
    if (merged.captions.size() >= kCaptionLimit) break;
    last = next;
    for (Caption& c : item(next - 1).captions)
      if (std::find(merged.captions.begin(), merged.captions.end(), c) == merged.captions.end())
        merged.captions.push_back(std::move(c));
  }
  return merged;
}

}  // namespace sensorium
