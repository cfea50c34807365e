// What of the list is still to be fetched, and when a shard has all it can get.
#include "sensorium/data/download_address.h"
#include "sensorium/data/download_engine.h"

namespace sensorium {

/// Reads on in the list while there is room.
void DownloadEngine::admit() {
  while (pending_.size() < window_ && next_ < state_.size()) {
    const uint64_t index = next_++;
    const bool wanted = is_wanted(index, state_.entry(index));
    if (wanted)
      admit_one(index);
    else
      progress_.advance();
    if (places_.shard_size == 0) continue;
    OpenShard& shard = shards_[index / places_.shard_size];
    shard.pending += wanted;
    if (next_ % places_.shard_size != 0 && next_ != state_.size()) continue;
    shard.closed = true;
    close_shard_if_done(index / places_.shard_size);
  }
}

/// Done items are wanted again when what was kept of them is gone.
bool DownloadEngine::is_wanted(uint64_t index, const DownloadEntry& entry) const {
  if (entry.status == DownloadStatus::todo) return true;
  if (entry.status == DownloadStatus::failed)
    return options_.retry_failed && entry.reason != DownloadReason::bad_address;
  if (entry.status != DownloadStatus::done) return false;
  std::error_code error;
  const bool picture = entry.format != kOwnName;
  if (picture && places_.shard_size && fs::exists(places_.shard(index / places_.shard_size), error)) return false;
  const fs::path file = picture ? fs::path(places_.stem(index).string() + "." + kPictureSuffixes.at(entry.format))
                                : places_.file(state_.item(index).name);
  const uint64_t size = fs::file_size(file, error);
  return error || size != entry.bytes;
}

void DownloadEngine::admit_one(uint64_t index) {
  auto p = std::make_unique<Pending>();
  p->index = index;
  p->item = state_.item(index);
  p->item.captions.clear();  // not needed here
  std::string fault;
  const auto address = parse_web_address(p->item.url, fault);
  auto& host = hosts_[address ? address->host : ""];
  if (!host) host = std::make_unique<Host>();
  host->name = address ? address->host : "";
  ++host->members;
  p->host = host.get();
  host->queue.push_back(p.get());
  make_ready(*host);
  pending_.emplace(index, std::move(p));
}

/// Once all of a shard's items have ended, what waits in its stage is written.
void DownloadEngine::close_shard_if_done(uint64_t shard) {
  const auto it = shards_.find(shard);
  if (it == shards_.end() || !it->second.closed || it->second.pending > 0) return;
  shards_.erase(it);
  std::error_code error;
  if (!fs::exists(places_.stage(shard), error)) return;
  workers_->submit([this, shard] {
    write_download_shard(places_.shard(shard), places_.stage(shard), state_);
    return DownloadWorkers::After([] {});
  });
}

}  // namespace sensorium
