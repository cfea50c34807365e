#pragma once
// Small corpora made by the tests.

#include "sensorium/base/json.h"
#include "sensorium/base/rng.h"
#include "sensorium/data/source.h"
#include "sensorium/io/image_encode.h"
#include "tests/support/test_support.h"

namespace sensorium::test {

/// A picture of random blocks: pictures of different seeds resemble each other in nothing.
inline Image blocks(uint64_t seed, int width = 48, int height = 40) {
  CounterRng rng(seed);
  std::array<uint8_t, 192> colours;
  for (uint8_t& c : colours) c = static_cast<uint8_t>(rng.below(256));
  Image image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = colours[static_cast<size_t>((y * 8 / height * 8 + x * 8 / width) * 3 + c)];
  return image;
}

inline void write_text(const fs::path& path, std::string_view text) {
  make_directories(path.parent_path());
  write_file(path, text);
}

inline void write_picture(const fs::path& path, const Image& image) {
  write_text(path, encode_png(image));
}

/// All records of a source.
inline std::vector<Record> read_all(const Source& source, Tally& tally) {
  std::vector<Record> records;
  source.read([&](Item&& item) { records.push_back(std::move(item.record)); }, tally);
  return records;
}

inline std::vector<std::string> texts(const Record& record) {
  std::vector<std::string> out;
  for (const Caption& c : record.captions) out.push_back(c.language + ":" + c.text);
  return out;
}

using Strings = std::vector<std::string>;

}  // namespace sensorium::test
