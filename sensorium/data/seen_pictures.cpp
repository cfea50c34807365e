#include "sensorium/data/seen_pictures.h"

#include "sensorium/data/hamming_pairs.h"
#include "sensorium/io/safetensors.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sensorium {
namespace {

constexpr size_t kColours = 48;
using Colours = std::array<uint8_t, kColours>;

Colours unknown_colours() {
  Colours colours;
  for (size_t i = 0; i < kColours; ++i) colours[i] = i % 2 ? 0 : 255;
  return colours;
}

Colours colours_of(const std::string& hex) {
  Colours colours = unknown_colours();
  if (hex.size() != 2 * kColours) return colours;
  for (size_t i = 0; i < kColours; ++i) std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, colours[i], 16);
  return colours;
}

bool is_unknown(const uint8_t* colours) {
  const Colours unknown = unknown_colours();
  return std::equal(unknown.begin(), unknown.end(), colours);
}

/// Mean absolute difference over the cells in which either picture is not white, as colour_distance.
double distance(const uint8_t* a, const uint8_t* b) {
  constexpr int kWhite = 250;
  const auto is_white = [](const uint8_t* c) { return c[0] >= kWhite && c[1] >= kWhite && c[2] >= kWhite; };
  int total = 0, values = 0;
  for (size_t cell = 0; cell < kColours; cell += 3) {
    if (is_white(a + cell) && is_white(b + cell)) continue;
    for (size_t c = cell; c < cell + 3; ++c) total += std::abs(a[c] - b[c]);
    values += 3;
  }
  return values ? static_cast<double>(total) / values : 0;
}

template <class T>
TensorView view(SafeDType dtype, const std::vector<T>& values, std::vector<int64_t> shape) {
  return {dtype, std::move(shape), std::as_bytes(std::span(values))};
}

template <class T>
void read_into(const TensorView& tensor, std::vector<T>& out) {
  out.resize(tensor.data.size() / sizeof(T));
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
}

}  // namespace

std::string coarse_colours(const ColourThumbnail& colours) {
  std::string hex;
  for (size_t y = 0; y < 4; ++y)
    for (size_t x = 0; x < 4; ++x)
      for (size_t c = 0; c < 3; ++c) {
        const size_t at = (2 * y * 8 + 2 * x) * 3 + c;
        fmt::format_to(std::back_inserter(hex), "{:02x}",
                       (colours[at] + colours[at + 3] + colours[at + 24] + colours[at + 27] + 2) / 4);
      }
  return hex;
}

void SeenPictures::add(const Record& record) {
  if (record.hash.size() != 32) return;
  const auto words = hash_words(record.hash);
  const Colours colours = colours_of(record.colours);
  content_.insert(content_.end(), words.begin(), words.end());
  perceptual_.push_back(record.perceptual_hash);
  colours_.insert(colours_.end(), colours.begin(), colours.end());
}

void SeenPictures::add(const SeenPictures& others) {
  content_.insert(content_.end(), others.content_.begin(), others.content_.end());
  perceptual_.insert(perceptual_.end(), others.perceptual_.begin(), others.perceptual_.end());
  colours_.insert(colours_.end(), others.colours_.begin(), others.colours_.end());
}

std::vector<SeenMatch> SeenPictures::find(std::span<const Record> records, int max_bits, double max_colour) const {
  std::vector<std::array<uint64_t, 2>> known(size());
  for (size_t i = 0; i < known.size(); ++i) known[i] = {content_[2 * i], content_[2 * i + 1]};
  std::sort(known.begin(), known.end());
  std::vector<char> seen(records.size());  // 1: near, 2: exact
  std::vector<uint64_t> hashes;
  std::vector<uint32_t> indices;
  std::vector<Colours> colours;
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].hash.size() != 32) continue;
    if (std::binary_search(known.begin(), known.end(), hash_words(records[i].hash))) seen[i] = 2;
    hashes.push_back(records[i].perceptual_hash);
    indices.push_back(static_cast<uint32_t>(i));
    colours.push_back(colours_of(records[i].colours));
  }
  for_each_near_pair(hashes, perceptual_, max_bits, [&](uint32_t left, uint32_t right) {
    const uint8_t *a = colours[left].data(), *b = &colours_[right * kColours];
    if (!is_unknown(a) && !is_unknown(b) && distance(a, b) <= max_colour)
      seen[indices[left]] = std::max<char>(seen[indices[left]], 1);
  });
  std::vector<SeenMatch> matches;
  for (size_t i = 0; i < seen.size(); ++i)
    if (seen[i]) matches.push_back({i, seen[i] == 2});
  return matches;
}

void SeenPictures::save(const fs::path& folder) const {
  const auto n = static_cast<int64_t>(size());
  write_safetensors(folder / kFile,
                    {{"content", view(SafeDType::U64, content_, {n, 2})},
                     {"perceptual", view(SafeDType::U64, perceptual_, {n})},
                     {"colours", view(SafeDType::U8, colours_, {n, kColours})}},
                    {{"format", "sensorium-seen-pictures"}, {"version", "1"}});
}

std::optional<SeenPictures> SeenPictures::load(const fs::path& folder) {
  const fs::path path = folder / kFile;
  if (std::error_code error; !fs::exists(path, error)) return std::nullopt;
  const SafetensorsFile file(path);
  const TensorView &content = file.at("content"), &perceptual = file.at("perceptual"), &colours = file.at("colours");
  const int64_t n = perceptual.shape.empty() ? -1 : perceptual.shape[0];
  if (content.dtype != SafeDType::U64 || perceptual.dtype != SafeDType::U64 || colours.dtype != SafeDType::U8 ||
      content.shape != std::vector<int64_t>{n, 2} || perceptual.shape != std::vector<int64_t>{n} ||
      colours.shape != std::vector<int64_t>{n, static_cast<int64_t>(kColours)})
    throw InputError("seen pictures", "{}: expected hashes [N,2], [N] and colours [N,48], got other shapes or types",
                     path.string());
  SeenPictures seen;
  read_into(content, seen.content_);
  read_into(perceptual, seen.perceptual_);
  read_into(colours, seen.colours_);
  return seen;
}

}  // namespace sensorium
