#include "sensorium/text/tokenizer.h"

#include <algorithm>

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"

namespace sensorium {

namespace {

/// How many tokens of the first and second text stay. `room` is what the special tokens leave. The longer text loses
/// first; the rule is that of Hugging Face `tokenizers` (utils/truncation.rs), which is not "one token at a time".
std::pair<size_t, size_t> longest_first(size_t first, size_t second, size_t room) {
  if (first + second <= room) return {first, second};
  const bool swapped = first > second;
  size_t low = std::min(first, second), high = 0;
  high = low > room ? low : std::max(low, room - low);
  if (low + high > room) {
    low = room / 2;
    high = low + room % 2;
  }
  return swapped ? std::pair{high, low} : std::pair{low, high};
}

struct Row {
  std::vector<int32_t> ids;
  size_t second_from = 0;  // where token type 1 begins; ids.size() when nowhere
};

/// Calls body(row) for all rows, some at a time on each thread.
template <class Body>
void for_rows(size_t n, int threads, const Body& body) {
  constexpr size_t kAtATime = 256;
  parallel_for((n + kAtATime - 1) / kAtATime, threads, [&](size_t part) {
    for (size_t b = part * kAtATime; b < std::min(n, (part + 1) * kAtATime); ++b) body(b);
  });
}

TokenBatch pad_rows(const std::vector<Row>& rows, const EncodeOptions& options, int64_t max_length, int32_t fill,
                    bool left) {
  TokenBatch batch;
  batch.batch = static_cast<int64_t>(rows.size());
  for (const auto& row : rows) batch.length = std::max(batch.length, static_cast<int64_t>(row.ids.size()));
  if (options.padding == Padding::max_length) batch.length = std::max(batch.length, max_length);
  const size_t n = rows.size() * static_cast<size_t>(batch.length);
  batch.input_ids.assign(n, fill);
  batch.attention_mask.assign(n, 0);
  batch.token_type_ids.assign(n, 0);
  for_rows(rows.size(), options.threads, [&](size_t b) {
    const auto& ids = rows[b].ids;
    const size_t missing = static_cast<size_t>(batch.length) - ids.size();
    if (missing > 0 && options.padding == Padding::none)
      throw InputError("encode", "expected rows of one length without padding, got {} and {} tokens", batch.length,
                       ids.size());
    const size_t at = b * static_cast<size_t>(batch.length) + (left ? missing : 0);
    for (size_t i = 0; i < ids.size(); ++i) {
      batch.input_ids[at + i] = ids[i];
      batch.attention_mask[at + i] = 1;
      batch.token_type_ids[at + i] = i >= rows[b].second_from;
    }
  });
  return batch;
}

void append(std::vector<int32_t>& to, const std::vector<int32_t>& from, size_t n) {
  to.insert(to.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(std::min(n, from.size())));
}

/// How many tokens of each text stay under the strategy. Throws InputError when it cannot reach `room`.
std::pair<size_t, size_t> kept(size_t first, size_t second, bool is_pair, size_t room, Truncation strategy) {
  if (first + second <= room || strategy == Truncation::none) return {first, second};
  if (!is_pair) return {room, 0};
  if (strategy == Truncation::longest_first) return longest_first(first, second, room);
  const size_t excess = first + second - room;
  const bool cut_first = strategy == Truncation::only_first;
  const size_t cut = cut_first ? first : second;
  if (cut <= excess)
    throw InputError("encode", "expected a {} text of more than {} tokens to cut to the maximal length, got {}",
                     cut_first ? "first" : "second", excess, cut);
  return cut_first ? std::pair{first - excess, second} : std::pair{first, second - excess};
}

}  // namespace

std::vector<int32_t> Tokenizer::encode(std::string_view text, bool add_special_tokens) const {
  std::vector<int32_t> ids;
  if (add_special_tokens) ids = settings_.frame.prefix;
  encode_plain(text, ids);
  if (add_special_tokens) ids.insert(ids.end(), settings_.frame.suffix.begin(), settings_.frame.suffix.end());
  return ids;
}

TokenBatch Tokenizer::encode_rows(size_t n, bool pairs, const EncodeOptions& options, const RowTexts& texts) const {
  if (options.max_length < 0)
    throw InputError("encode", "expected a max_length of at least 0, got {}", options.max_length);
  const int64_t max_length = options.max_length > 0 ? options.max_length : settings_.max_length;
  if (max_length == 0 && options.padding == Padding::max_length)
    throw InputError("encode", "expected a max_length to pad to, got none (the tokenizer is unlimited)");
  const size_t frame =
      settings_.frame.prefix.size() + settings_.frame.suffix.size() + (pairs ? settings_.frame.middle.size() : 0);
  const bool cut = options.truncation != Truncation::none && max_length > 0;
  if (cut && static_cast<size_t>(max_length) < frame)
    throw InputError("encode", "expected a max_length of at least {} for the special tokens, got {}", frame,
                     max_length);
  const size_t room = cut ? static_cast<size_t>(max_length) - frame : SIZE_MAX;

  std::vector<Row> rows(n);
  const auto encode_row = [&](size_t b) {
    const auto [a, c] = texts(b);
    std::vector<int32_t> first, second;
    encode_plain(a, first);
    if (pairs) encode_plain(c, second);
    const auto [keep_first, keep_second] = kept(first.size(), second.size(), pairs, room, options.truncation);
    auto& ids = rows[b].ids;
    ids = settings_.frame.prefix;
    append(ids, first, keep_first);
    if (pairs) {
      append(ids, settings_.frame.middle, settings_.frame.middle.size());
      rows[b].second_from = ids.size();
      append(ids, second, keep_second);
    }
    append(ids, settings_.frame.suffix, settings_.frame.suffix.size());
    if (!pairs || !settings_.frame.second_has_type_1) rows[b].second_from = ids.size();
  };
  for_rows(n, options.threads, encode_row);
  return pad_rows(rows, options, max_length, settings_.fill, settings_.pad_left);
}

TokenBatch Tokenizer::encode_batch(std::span<const std::string> texts, const EncodeOptions& options) const {
  return encode_rows(texts.size(), false, options, [&](size_t i) {
    return std::pair{std::string_view(texts[i]), std::string_view()};
  });
}

TokenBatch Tokenizer::encode_pairs(std::span<const std::pair<std::string, std::string>> pairs,
                                   const EncodeOptions& options) const {
  return encode_rows(pairs.size(), true, options, [&](size_t i) {
    return std::pair{std::string_view(pairs[i].first), std::string_view(pairs[i].second)};
  });
}

}  // namespace sensorium
