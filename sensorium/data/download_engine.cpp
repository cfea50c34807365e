#include "sensorium/data/download_engine.h"

#include "sensorium/base/rng.h"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace sensorium {
namespace {

constexpr double kLongestBackoff = 60;
constexpr uint64_t kHostItself = ~uint64_t{0};

std::chrono::steady_clock::duration seconds(double s) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(s));
}

CURLM* new_multi(int parallel) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  CURLM* multi = curl_multi_init();
  if (!multi) throw EnvironmentError("data download", "expected libcurl to start, got a refusal");
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(parallel));
  return multi;
}

void check(CURLMcode code) {
  if (code == CURLM_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLM_OK)
    throw EnvironmentError("data download", "expected libcurl to work, got: {}", curl_multi_strerror(code));
}

}  // namespace

DownloadEngine::DownloadEngine(DownloadState& state, const DownloadPlaces& places, const EngineOptions& options)
    : state_(state),
      places_(places),
      options_(options),
      window_(std::max<size_t>(1024, static_cast<size_t>(options.parallel) * 8)),
      progress_("download", state.size()) {
  multi_ = new_multi(options.parallel);
  const int threads = options.threads > 0 ? options.threads : available_processors();
  workers_ = std::make_unique<DownloadWorkers>(threads, [multi = multi_] { curl_multi_wakeup(multi); });
}

DownloadEngine::~DownloadEngine() {
  workers_.reset();
  for (CURL* handle : all_handles_) {
    curl_multi_remove_handle(multi_, handle);
    curl_easy_cleanup(handle);
  }
  curl_multi_cleanup(multi_);
}

void DownloadEngine::run() {
  for (;;) {
    fire_timers();
    admit();
    start_ready();
    int running = 0;
    check(curl_multi_perform(multi_, &running));
    collect_transfers();
    for (const auto& after : workers_->take()) after();
    if (pending_.empty() && next_ == state_.size() && workers_->unfinished() == 0) return;
    check(curl_multi_poll(multi_, nullptr, 0, wait_ms(), nullptr));
  }
}

/// How long the network may be waited for: until the next timer, or not at all while something can start.
int DownloadEngine::wait_ms() const {
  if (!ready_.empty() && active_ < options_.parallel && workers_->unfinished() < static_cast<size_t>(options_.parallel))
    return 0;
  if (timers_.empty()) return 1000;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(timers_.top().at - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left + 1, 0, 1000));
}

void DownloadEngine::make_ready(Host& host) {
  if (host.is_ready || host.queue.empty() || host.active >= options_.per_host) return;
  if (const auto now = Clock::now(); host.not_before > now) {
    timers_.push({host.not_before, &host, kHostItself});
    ++host.members;  // the timer keeps the host
    host.is_ready = true;
    return;
  }
  host.is_ready = true;
  ready_.push_back(&host);
}

/// Starts transfers, one a host in turn, while there is room for them and for what they bring.
void DownloadEngine::start_ready() {
  while (!ready_.empty() && active_ < options_.parallel &&
         workers_->unfinished() < static_cast<size_t>(options_.parallel)) {
    Host& host = *ready_.front();
    ready_.pop_front();
    host.is_ready = false;
    if (host.queue.empty() || host.active >= options_.per_host) continue;
    if (host.not_before <= Clock::now()) {
      Pending& p = *host.queue.front();
      host.queue.pop_front();
      start(p);
    }
    make_ready(host);
  }
}

void DownloadEngine::start(Pending& p) {
  if (free_handles_.empty()) {
    CURL* handle = curl_easy_init();
    if (!handle) throw EnvironmentError("data download", "expected libcurl to start a transfer, got a refusal");
    free_handles_.push_back(handle);
    all_handles_.push_back(handle);
  }
  p.handle = free_handles_.back();
  const TransferLimits& limits = p.picture() ? options_.pictures : options_.files;
  p.transfer = std::make_unique<Transfer>(p.handle, p.item.url, places_.part(p.index), limits, !p.from_scratch);
  curl_easy_setopt(p.handle, CURLOPT_PRIVATE, &p);
  free_handles_.pop_back();
  ++p.host->active;
  ++active_;
  check(curl_multi_add_handle(multi_, p.handle));
}

void DownloadEngine::collect_transfers() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* user = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
    transfer_ended(*reinterpret_cast<Pending*>(user), code);
  }
}

void DownloadEngine::transfer_ended(Pending& p, CURLcode code) {
  const TransferOutcome outcome = p.transfer->finish(code);
  const bool resumed = p.transfer->resumed();
  curl_multi_remove_handle(multi_, p.handle);
  p.transfer.reset();
  free_handles_.push_back(std::exchange(p.handle, nullptr));
  --active_;
  --p.host->active;
  make_ready(*p.host);
  if (outcome.drop_part) remove_part(places_.part(p.index));
  if (outcome.kind == TransferOutcome::complete)
    keep(p, resumed);
  else if (outcome.kind == TransferOutcome::again)
    retry(p, outcome);
  else
    fail(p, outcome.reason, outcome.http);
}

/// Has a worker look at what was fetched.
void DownloadEngine::keep(Pending& p, bool resumed) {
  DownloadEntry entry = state_.entry(p.index);
  entry.attempts = static_cast<uint8_t>(std::min(255, entry.attempts + p.attempts + 1));
  entry.http = 0;
  workers_->submit([this, item = p.item, index = p.index, entry, resumed]() mutable {
    if (item.name.empty())
      keep_picture(places_.part(index), places_.stem(index), item, options_.keep, entry);
    else
      keep_file(places_.part(index), places_.file(item.name), item, entry);
    return DownloadWorkers::After([this, index, entry, resumed] { kept(index, entry, resumed); });
  });
}

/// A file from several attempts that turns out bad may be two versions in one: it is fetched once more, as a whole.
void DownloadEngine::kept(uint64_t index, const DownloadEntry& entry, bool resumed) {
  Pending& p = *pending_.at(index);
  if (entry.status == DownloadStatus::done || !resumed || p.was_whole) return settle(p, entry);
  p.was_whole = p.from_scratch = true;
  queue_again(p, 0);
}

void DownloadEngine::retry(Pending& p, const TransferOutcome& outcome) {
  if (!outcome.progressed) ++p.attempts;
  if (p.attempts > options_.retries) return fail(p, outcome.reason, outcome.http);
  if (outcome.wait_s > options_.max_wait_s) return fail(p, DownloadReason::long_wait, outcome.http);
  if (outcome.reason == DownloadReason::wrong_range) {
    p.from_scratch = true;
    return queue_again(p, 0);
  }
  CounterRng jitter(mix_seed(p.index, {static_cast<uint64_t>(p.attempts)}));
  const double backoff = options_.backoff_s * std::exp2(std::max(0, p.attempts - 1)) * jitter.uniform(0.5, 1);
  const double wait = outcome.wait_s >= 0 ? outcome.wait_s : std::min(backoff, kLongestBackoff);
  if (outcome.wait_s >= 0 && (outcome.http == 429 || outcome.http == 503))
    p.host->not_before = std::max(p.host->not_before, Clock::now() + seconds(wait));
  queue_again(p, wait);
}

void DownloadEngine::queue_again(Pending& p, double wait_s) {
  timers_.push({Clock::now() + seconds(wait_s), p.host, p.index});
}

void DownloadEngine::fire_timers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    if (timer.index == kHostItself) {
      timer.host->is_ready = false;
      --timer.host->members;
    } else {
      timer.host->queue.push_front(pending_.at(timer.index).get());
    }
    make_ready(*timer.host);
    drop_host_if_unused(*timer.host);
  }
}

void DownloadEngine::fail(Pending& p, DownloadReason reason, int http) {
  remove_part(places_.part(p.index));
  DownloadEntry entry = state_.entry(p.index);
  entry.status = DownloadStatus::failed;
  entry.reason = reason;
  entry.http = static_cast<uint16_t>(http);
  entry.attempts = static_cast<uint8_t>(std::min(255, entry.attempts + p.attempts + 1));
  settle(p, entry);
}

/// Writes down how an item ended, and forgets it.
void DownloadEngine::settle(Pending& p, const DownloadEntry& entry) {
  const uint64_t index = p.index;
  state_.set(index, entry);
  Host& host = *p.host;
  --host.members;
  pending_.erase(index);
  drop_host_if_unused(host);
  progress_.advance();
  if (places_.shard_size == 0) return;
  const uint64_t shard = index / places_.shard_size;
  --shards_[shard].pending;
  close_shard_if_done(shard);
}

void DownloadEngine::drop_host_if_unused(Host& host) {
  if (host.members > 0) return;
  std::erase(ready_, &host);
  hosts_.erase(std::string(host.name));
}

}  // namespace sensorium
