#include "sensorium/index/embedded_index.h"

#include "sensorium/base/log.h"
#include "sensorium/index/item_check.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace sensorium::index {
namespace {

constexpr const char* kDatabase = "index.sqlite";

fs::path database_in(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / kDatabase, ignored))
    throw InputError("index", "{}: expected an index, got {}", folder.string(),
                     fs::exists(folder, ignored) ? "something else" : "nothing");
  return folder / kDatabase;
}

/// Before there is a codebook, pq is int8.
std::shared_ptr<const RowCodec> first_codec(const IndexOptions& options) {
  return options.storage == "fp32" ? make_fp32_codec(options.width) : make_int8_codec(options.width);
}

int64_t size_of_folder(const fs::path& folder) {
  int64_t size = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.is_regular_file(ignored)) size += static_cast<int64_t>(entry.file_size(ignored));
  return size;
}

}  // namespace

void EmbeddedIndex::create(const fs::path& folder, const IndexOptions& options) {
  check_options(options);
  make_directories(folder);
  std::error_code ignored;
  if (fs::exists(folder / kDatabase, ignored))
    throw InputError("index", "{}: expected no index yet, got one", folder.string());
  for (const auto& entry : fs::directory_iterator(folder))
    throw InputError("index", "{}: expected an empty folder, got one with {}", folder.string(),
                     entry.path().filename().string());
  const FolderLock lock(folder);
  ItemWriter::create(folder / kDatabase, options);
}

EmbeddedIndex::EmbeddedIndex(const fs::path& folder)
    : folder_(folder),
      lock_((database_in(folder), folder)),
      writer_(folder / kDatabase),
      readers_(folder / kDatabase, writer_.options().width),
      filters_(readers_),
      rows_(first_codec(writer_.options())) {
  load();
  builder_ = std::thread([this] { build_when_wanted(); });
}

EmbeddedIndex::~EmbeddedIndex() {
  {
    const std::lock_guard lock(waking_);
    ending_ = true;
  }
  wake_.notify_all();
  builder_.join();
  try {
    save_derived();
  } catch (const Error& e) {
    spdlog::warn("the next opening takes longer: {}", e.what());
  }
}

std::shared_ptr<const EmbeddedIndex::State> EmbeddedIndex::state() const {
  const std::lock_guard lock(taking_);
  return state_;
}

void EmbeddedIndex::publish() {
  auto next = std::make_shared<State>(State{rows_.publish(), structure_, writer_.kinds(), writer_.calibrations()});
  {
    const std::lock_guard lock(taking_);
    state_ = std::move(next);
  }
  {
    const std::lock_guard lock(waking_);
    woken_ = true;
  }
  wake_.notify_all();
}

void EmbeddedIndex::apply(const Change& change, std::span<const IndexItem> items) {
  size_t at = 0;
  for (const IndexItem& item : items)
    for (const IndexVector& vector : item.vectors) rows_.append(change.added[at++], vector.values);
  for (const int64_t slot : change.removed) rows_.remove(slot);
  publish();
}

void EmbeddedIndex::put(std::span<const IndexItem> items) {
  const std::vector<IndexItem> checked = checked_items(items, options().width);
  if (checked.empty()) return;
  const std::lock_guard lock(writing_);
  apply(writer_.put(checked), checked);
}

size_t EmbeddedIndex::remove(std::span<const std::string> ids) {
  const std::lock_guard lock(writing_);
  const Change change = writer_.remove(ids);
  if (change.items > 0) apply(change, {});
  return change.items;
}

void EmbeddedIndex::calibrate(std::span<const ScoreCalibration> calibrations) {
  const std::lock_guard lock(writing_);
  writer_.calibrate(calibrations);
  publish();
}

IndexItem EmbeddedIndex::whole_item(ItemReader& reader, const StoredItem& stored, bool with_vectors) const {
  IndexItem item{stored.id, parse_json(stored.metadata, folder_.string()), {}};
  if (!with_vectors) return item;
  const auto now = state();
  for (const SlotInfo& slot : reader.slots_of(stored.key)) {
    IndexVector vector{now->kinds.at(static_cast<size_t>(slot.kind)), {}};
    vector.values.resize(static_cast<size_t>(options().width));
    reader.vector(slot.slot, vector.values.data());
    item.vectors.push_back(std::move(vector));
  }
  return item;
}

std::optional<IndexItem> EmbeddedIndex::find(const std::string& id) const {
  std::optional<IndexItem> found;
  auto reader = readers_.take();
  reader->snapshot([&] {
    if (const auto stored = reader->item_of(id)) found = whole_item(*reader, *stored, true);
  });
  return found;
}

std::vector<IndexItem> EmbeddedIndex::list(const std::string& after, size_t limit, bool with_vectors) const {
  std::vector<IndexItem> items;
  auto reader = readers_.take();
  reader->snapshot([&] {
    for (const StoredItem& stored : reader->items_after(after, limit))
      items.push_back(whole_item(*reader, stored, with_vectors));
  });
  return items;
}

IndexStats EmbeddedIndex::stats() const {
  const auto now = state();
  IndexStats s;
  s.place = folder_.string();
  s.type = now->structure ? now->structure->name() : "flat";
  s.storage = now->rows.codec->name();
  s.model_hash = options().model_hash;
  s.width = options().width;
  auto reader = readers_.take();
  std::tie(s.items, s.vectors) = reader->counts();
  std::vector<int64_t> counts(now->kinds.size());
  for (size_t i = 0; i < now->rows.count; ++i)
    if (now->rows.is_there(i)) ++counts[static_cast<size_t>(now->rows.info(i).kind)];
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) s.kinds.emplace_back(now->kinds[i], counts[i]);
  s.removed = static_cast<int64_t>(now->rows.count) - std::accumulate(counts.begin(), counts.end(), int64_t{0});
  s.built = now->structure ? static_cast<int64_t>(now->structure->covered()) : 0;
  s.memory_bytes = now->rows.memory_bytes() + (now->structure ? now->structure->memory_bytes() : 0);
  s.disk_bytes = size_of_folder(folder_);
  s.calibrations = now->calibrations;
  return s;
}

}  // namespace sensorium::index
