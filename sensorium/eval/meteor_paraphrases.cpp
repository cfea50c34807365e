#include "sensorium/eval/meteor_paraphrases.h"

#include "sensorium/base/hash.h"
#include "sensorium/eval/table_lines.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace sensorium {
namespace {

constexpr const char* kPhrase = "a phrase: words with single spaces between";

uint64_t hash_of(std::string_view phrase) {
  const uint64_t hash = stable_hash(phrase);
  return hash == 0 ? 1 : hash;
}

void require_weight(const TableLines& lines, std::string_view line) {
  double value = 0;
  const auto [end, fault] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (fault != std::errc() || end != line.data() + line.size() || !std::isfinite(value))
    throw lines.fault("a weight", line.empty() ? "an empty line" : line);
}

size_t count_words(const TableLines& lines, std::string_view phrase) {
  size_t words = 0;
  for (std::string_view rest = phrase; words == 0 || !rest.empty(); ++words) lines.word(rest, kPhrase);
  if (words > MeteorParaphrases::kMostWords)
    throw lines.fault(fmt::format("a phrase of at most {} words", MeteorParaphrases::kMostWords),
                      fmt::format("{}", words));
  return words;
}

}  // namespace

MeteorParaphrases MeteorParaphrases::read(const fs::path& path) {
  MeteorParaphrases table;
  TableLines lines(path);
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
  std::string last;
  uint32_t last_number = 0;
  std::string_view line;
  while (lines.next(line)) {
    require_weight(lines, line);
    line = lines.require(kPhrase);
    if (line != last || last.empty()) {
      table.longest_ = std::max(table.longest_, count_words(lines, line));
      last = line;
      last_number = table.add(line);
    }
    line = lines.require(kPhrase);
    table.longest_ = std::max(table.longest_, count_words(lines, line));
    pairs.emplace_back(last_number, table.add(line));
    if (pairs.size() == std::numeric_limits<uint32_t>::max()) throw lines.fault("fewer than 2^32 pairs", "more");
  }
  table.offsets_.assign(size_t{table.phrases_} + 1, 0);
  for (const auto& [from, to] : pairs) ++table.offsets_[from + 1];
  for (size_t p = 0; p < table.phrases_; ++p) table.offsets_[p + 1] += table.offsets_[p];
  table.targets_.resize(pairs.size());
  std::vector<uint32_t> next(table.offsets_.begin(), table.offsets_.end() - 1);
  for (const auto& [from, to] : pairs) table.targets_[next[from]++] = to;
  return table;
}

size_t MeteorParaphrases::slot_of(uint64_t hash) const {
  size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot].hash != 0 && slots_[slot].hash != hash) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

uint32_t MeteorParaphrases::add(std::string_view phrase) {
  if (size_t{phrases_} * 4 >= slots_.size() * 3) grow();
  const uint64_t hash = hash_of(phrase);
  Slot& slot = slots_[slot_of(hash)];
  if (slot.hash == 0) slot = {hash, phrases_++};
  return slot.number;
}

void MeteorParaphrases::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(std::max<size_t>(1024, 2 * slots_.size())));
  for (const Slot& s : old)
    if (s.hash != 0) slots_[slot_of(s.hash)] = s;
}

std::optional<uint32_t> MeteorParaphrases::number_of(std::string_view phrase) const {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[slot_of(hash_of(phrase))];
  if (slot.hash == 0) return std::nullopt;
  return slot.number;
}

std::span<const uint32_t> MeteorParaphrases::of(uint32_t phrase) const {
  return std::span(targets_).subspan(offsets_[phrase], offsets_[phrase + 1] - offsets_[phrase]);
}

}  // namespace sensorium
