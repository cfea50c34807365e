#pragma once
// Pictures of emoji out of a colour bitmap font.

#include "sensorium/io/image.h"

#include <memory>
#include <optional>
#include <string>

namespace sensorium {

/// A font with colour bitmaps (Noto Color Emoji: CBDT, 136x128). Thread-safe: calls take turns.
class EmojiFont {
 public:
  /// Throws InputError when the file is no font, or has no colour bitmaps.
  explicit EmojiFont(const fs::path& path);
  ~EmojiFont();
  /// The glyph that draws the whole sequence as one picture (flags, skin tones, joined sequences); nothing when the
  /// font has none.
  std::optional<uint32_t> glyph(const std::string& sequence) const;
  /// Its bitmap as RGBA with straight alpha. Throws InputError when the font's data is broken.
  Image picture(uint32_t glyph) const;

 private:
  struct Face;
  std::unique_ptr<Face> face_;
};

}  // namespace sensorium
