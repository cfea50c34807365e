#pragma once
// What a download knows, on disk: the items, and how each ended. Memory does not grow with them.

#include "sensorium/data/download_list.h"
#include "sensorium/data/download_reason.h"

#include <array>
#include <functional>

namespace sensorium {

enum class DownloadStatus : uint8_t { todo = 0, done = 1, failed = 2, repeated = 3 };

/// One item's fate: 64 bytes of state.bin.
struct DownloadEntry {
  uint64_t offset = 0;  // of the item in items.jsonl
  uint64_t next = 0;    // the next item of the same address, counted from 1; 0: none
  uint64_t bytes = 0;   // of the file as kept
  uint64_t perceptual_hash = 0;
  std::array<uint8_t, 16> hash{};  // of the file as kept
  uint32_t width = 0, height = 0;
  uint16_t http = 0;
  DownloadStatus status = DownloadStatus::todo;
  DownloadReason reason = DownloadReason::none;
  uint8_t format = 0;    // index into kPictureSuffixes, or kOwnName
  uint8_t attempts = 0;  // that ended, in this run and earlier ones
  uint16_t check = 0;    // of the bytes from `bytes` on
};
static_assert(sizeof(DownloadEntry) == 64);

/// File name endings of kept pictures, as picture_extension gives them.
inline constexpr std::array<const char*, 7> kPictureSuffixes{"bin", "jpg", "png", "webp", "gif", "bmp", "tif"};

/// The format of a file that is kept under its own name.
inline constexpr uint8_t kOwnName = 255;

/// The state folder of a download (OUT/.download). Entries may be read and written by several threads at once, each
/// entry by one thread at a time. An entry that a crash of the machine tore, or that holds
/// what nothing writes, reads as `todo`. Two processes never share
/// one.
class DownloadState {
 public:
  using Sink = std::function<void(DownloadItem&&)>;

  /// Locks the folder, which is made if it is not there, and opens the plan in it. Without one, `list` is called to
  /// give all items, and returns what to remember of it (see `notes`); addresses below `base_url` are completed. Items
  /// of an address that stood before become `repeated`, and unusable addresses `failed`. Throws InputError when the
  /// plan in the folder was made for another `key` (lists and options), and EnvironmentError when another process
  /// downloads into the folder.
  DownloadState(const fs::path& folder, const OrderedJson& key, const std::string& base_url,
                const std::function<OrderedJson(const Sink&)>& list);
  ~DownloadState();
  DownloadState(const DownloadState&) = delete;
  DownloadState& operator=(const DownloadState&) = delete;

  const fs::path& folder() const { return folder_; }
  uint64_t size() const { return size_; }
  const OrderedJson& notes() const { return notes_; }
  DownloadEntry entry(uint64_t index) const;
  /// Writes all but `offset` and `next`.
  void set(uint64_t index, DownloadEntry entry);
  DownloadItem item(uint64_t index) const;
  /// The item with the captions of all items of the same address.
  DownloadItem merged_item(uint64_t index) const;

 private:
  void lock();
  void make_plan(const OrderedJson& key, const std::string& base_url,
                 const std::function<OrderedJson(const Sink&)>& list);
  void open_plan(const OrderedJson& key);
  fs::path folder_;
  int lock_ = -1, items_ = -1, entries_ = -1;
  uint64_t size_ = 0, items_bytes_ = 0;
  OrderedJson notes_;
};

/// Removes the unfinished files (AtomicFile) that a killed process left in a folder.
void remove_unfinished(const fs::path& folder);

/// 32 hex digits, as content_hash gives them, to bytes and back.
std::array<uint8_t, 16> hash_bytes(const std::string& hex);
std::string hash_text(const std::array<uint8_t, 16>& bytes);

}  // namespace sensorium
