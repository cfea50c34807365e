// An EmbeddedIndex in memory: how it is loaded, how its structure is kept up to date, and how it is made smaller.

#include "sensorium/base/log.h"
#include "sensorium/index/embedded_index.h"
#include "sensorium/index/pq_codec.h"

#include <cstring>
#include <unordered_map>

namespace sensorium::index {
namespace {

constexpr const char* kDerived = "derived.bin";
/// Rows outside the structure that are compared one by one before it is extended.
constexpr size_t kRowsOutside = 1024;

}  // namespace

std::string EmbeddedIndex::type_for(size_t rows) const {
  if (options().type != "auto") return options().type;
  return rows < static_cast<size_t>(kExactLimit) ? "flat" : "hnsw";
}

void EmbeddedIndex::load() {
  std::optional<Derived> derived;
  try {
    derived = read_derived(folder_ / kDerived, writer_.identity(), options());
  } catch (const Error& e) {
    spdlog::warn("made anew: {}", e.what());
    unsaved_ = true;
  }
  if (derived) load_derived(*derived);
  const int64_t last = derived && !derived->rows.empty() ? derived->rows.back().slot : 0;
  readers_.take()->each_vector(
      last, [&](const SlotInfo& info, std::span<const float> vector) { rows_.append(info, vector); });
  publish();
}

void EmbeddedIndex::load_derived(const Derived& derived) {
  rows_ = RowStore(derived.codec);
  structure_ = derived.structure;
  const size_t row_bytes = derived.codec->row_bytes();
  const std::vector<std::byte> nothing(row_bytes);
  size_t at = 0;
  const auto code = [&](size_t i) {
    return derived.codec->is_exact() ? nothing.data() : &derived.codes[i * row_bytes];
  };
  const auto pass_gone = [&](int64_t until) {
    for (; at < derived.rows.size() && derived.rows[at].slot < until; ++at)
      rows_.append_gone(derived.rows[at], code(at));
  };
  const int64_t last = derived.rows.empty() ? 0 : derived.rows.back().slot;
  auto reader = readers_.take();
  const auto visit = [&](const SlotInfo& info, std::span<const float> vector) {
    if (info.slot > last) return;
    pass_gone(info.slot);
    if (at == derived.rows.size() || derived.rows[at].slot != info.slot)
      throw InputError("index", "{}: expected a derived file of this index, got another", folder_.string());
    if (derived.codec->is_exact())
      rows_.append(info, vector);
    else
      rows_.append_encoded(info, code(at));
    ++at;
  };
  if (derived.codec->is_exact())
    reader->each_vector(0, visit);
  else
    reader->each_slot([&](const SlotInfo& info) { visit(info, {}); });
  pass_gone(last + 1);
}

void EmbeddedIndex::save_derived() {
  if (!unsaved_) return;
  const auto now = state();
  if (now->rows.codec->is_exact() && !now->structure) {
    std::error_code ignored;
    fs::remove(folder_ / kDerived, ignored);
    return;
  }
  write_derived(folder_ / kDerived, writer_.identity(), now->rows, now->structure.get());
  unsaved_ = false;
}

bool EmbeddedIndex::wants_building(const State& state) const {
  if (type_for(state.rows.count) == "flat") return false;
  const size_t covered = state.structure ? state.structure->covered() : 0;
  return state.rows.count - covered >= kRowsOutside;
}

void EmbeddedIndex::build_in_turn() {
  const std::lock_guard build(building_);
  const auto now = state();
  if (!wants_building(*now)) return;
  const std::string type = type_for(now->rows.count);
  const auto start =
      now->structure && now->structure->name() == type ? now->structure : empty_structure(type, options());
  auto made = start->extended(now->rows, options().threads);
  const std::lock_guard lock(writing_);
  structure_ = std::move(made);
  unsaved_ = true;
  publish();
}

void EmbeddedIndex::build_when_wanted() {
  while (true) {
    {
      std::unique_lock lock(waking_);
      wake_.wait(lock, [&] { return ending_ || woken_; });
      if (ending_) return;
      woken_ = false;
    }
    try {
      build_in_turn();
    } catch (const std::exception& e) {
      spdlog::error("the index compares new vectors one by one: {}", e.what());
    }
  }
}

std::shared_ptr<const RowCodec> EmbeddedIndex::codec_for(const RowView& rows) {
  const size_t there = rows.count - rows_.removed();
  if (options().storage != "pq" || there < kPqLeast) return rows.codec;
  std::vector<float> sample;
  const auto width = static_cast<size_t>(options().width);
  const size_t step = std::max<size_t>(1, there / kPqSample);
  size_t seen = 0;
  readers_.take()->each_vector(0, [&](const SlotInfo&, std::span<const float> vector) {
    if (seen++ % step == 0 && sample.size() < kPqSample * width)
      sample.insert(sample.end(), vector.begin(), vector.end());
  });
  return train_pq_codec(options().width, sample);
}

RowStore EmbeddedIndex::kept_rows(const RowView& rows) {
  const auto codec = codec_for(rows);
  RowStore kept(codec);
  if (codec == rows.codec) {
    for (size_t i = 0; i < rows.count; ++i)
      if (rows.is_there(i)) kept.append_encoded(rows.info(i), rows.row(i));
    return kept;
  }
  const int64_t last = rows.count > 0 ? rows.info(rows.count - 1).slot : 0;
  readers_.take()->each_vector(0, [&](const SlotInfo& info, std::span<const float> vector) {
    if (info.slot <= last) kept.append(info, vector);
  });
  return kept;
}

void EmbeddedIndex::compact() {
  const std::lock_guard build(building_);
  const auto before = state();
  RowStore kept = kept_rows(before->rows);
  const std::string type = type_for(kept.publish().count);
  const size_t covered = before->structure ? before->structure->covered() : 0;
  const bool same_rows = kept.view().count == before->rows.count && kept.view().codec == before->rows.codec;
  std::shared_ptr<const RowStructure> structure;
  if (type != "flat") {
    const bool goes_on = same_rows && before->structure && before->structure->name() == type;
    structure = goes_on ? before->structure : empty_structure(type, options());
    if (structure->covered() < kept.view().count) structure = structure->extended(kept.view(), options().threads);
  }
  unsaved_ |= !same_rows || type != "flat" || covered != 0;
  const std::lock_guard lock(writing_);
  const RowView now = rows_.view();
  std::vector<float> original(static_cast<size_t>(options().width));
  auto reader = readers_.take();
  for (size_t i = before->rows.count; i < now.count; ++i)
    if (now.is_there(i) && reader->vector(now.info(i).slot, original.data())) kept.append(now.info(i), original);
  for (size_t i = 0; i < before->rows.count; ++i)
    if (!now.is_there(i)) kept.remove(now.info(i).slot);
  rows_ = std::move(kept);
  structure_ = std::move(structure);
  publish();
  writer_.vacuum();
  save_derived();
}

}  // namespace sensorium::index
