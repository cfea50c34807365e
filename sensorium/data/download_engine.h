#pragma once
// Many transfers at once: who may start when, what is tried again, what becomes of the fetched.

#include "sensorium/base/progress.h"
#include "sensorium/data/download_keep.h"
#include "sensorium/data/download_places.h"
#include "sensorium/data/download_transfer.h"
#include "sensorium/data/download_workers.h"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <queue>
#include <unordered_map>

namespace sensorium {

struct EngineOptions {
  int parallel = 64, per_host = 6, retries = 3;
  double backoff_s = 1;     // before the first retry; doubles each time, with jitter, up to kLongestBackoff
  double max_wait_s = 300;  // longer waits that a server asks for end the attempt
  bool retry_failed = false;
  int threads = 0;  // that look at what was fetched; 0: as many as processors
  TransferLimits pictures, files;
  KeepOptions keep;
};

/// Fetches everything of a state that is not done, in the order of the list as far as the limits per host allow. At
/// most a window of items is in memory. What ended stands in the state at once; a kill at any moment loses no more than
/// the attempts at work, and their parts are built on later.
class DownloadEngine {
 public:
  DownloadEngine(DownloadState& state, const DownloadPlaces& places, const EngineOptions& options);
  ~DownloadEngine();
  DownloadEngine(const DownloadEngine&) = delete;
  DownloadEngine& operator=(const DownloadEngine&) = delete;
  /// Returns when every item is done or failed. Throws EnvironmentError on a full disk or when no thread or socket can
  /// be had. To be called once.
  void run();

 private:
  using Clock = std::chrono::steady_clock;
  struct Host;
  struct Pending {
    uint64_t index = 0;
    DownloadItem item;
    Host* host = nullptr;
    int attempts = 0;           // that failed, in this run
    bool from_scratch = false;  // do not build on what lies on disk
    bool was_whole = false;     // fetched from scratch after a resumed one was found bad
    CURL* handle = nullptr;
    std::unique_ptr<Transfer> transfer;
    bool picture() const { return item.name.empty(); }
  };
  struct Host {
    std::string name;
    std::deque<Pending*> queue;
    int active = 0;
    uint64_t members = 0;   // items in memory
    bool is_ready = false;  // stands in ready_
    Clock::time_point not_before{};
  };
  struct Timer {
    Clock::time_point at;
    Host* host;
    uint64_t index;  // of the pending item to queue again, or kHostItself
    bool operator<(const Timer& other) const { return at > other.at; }
  };
  struct OpenShard {
    uint64_t pending = 0;
    bool closed = false;
  };
  void admit();
  bool is_wanted(uint64_t index, const DownloadEntry& entry) const;
  void admit_one(uint64_t index);
  void make_ready(Host& host);
  void start_ready();
  void start(Pending& p);
  void collect_transfers();
  void transfer_ended(Pending& p, CURLcode code);
  void keep(Pending& p, bool resumed);
  void kept(uint64_t index, const DownloadEntry& entry, bool resumed);
  void retry(Pending& p, const TransferOutcome& outcome);
  void queue_again(Pending& p, double wait_s);
  void fail(Pending& p, DownloadReason reason, int http);
  void settle(Pending& p, const DownloadEntry& entry);
  void close_shard_if_done(uint64_t shard);
  void fire_timers();
  void drop_host_if_unused(Host& host);
  int wait_ms() const;

  DownloadState& state_;
  const DownloadPlaces& places_;
  const EngineOptions& options_;
  size_t window_;
  CURLM* multi_ = nullptr;
  std::vector<CURL*> free_handles_, all_handles_;
  std::unique_ptr<DownloadWorkers> workers_;
  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;
  std::unordered_map<uint64_t, std::unique_ptr<Pending>> pending_;
  std::deque<Host*> ready_;
  std::priority_queue<Timer> timers_;
  std::map<uint64_t, OpenShard> shards_;
  uint64_t next_ = 0;
  int active_ = 0;
  Progress progress_;
};

}  // namespace sensorium
