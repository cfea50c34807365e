#include "sensorium/data/emoji_font.h"

#include "sensorium/base/error.h"

#include <hb-ft.h>
#include <hb.h>

#include <algorithm>
#include <mutex>

#include <ft2build.h>
#include FT_FREETYPE_H

namespace sensorium {

struct EmojiFont::Face {
  std::string name;
  FT_Library library = nullptr;
  FT_Face face = nullptr;
  hb_font_t* font = nullptr;
  mutable std::mutex mutex;
  ~Face() {
    hb_font_destroy(font);
    FT_Done_Face(face);
    FT_Done_FreeType(library);
  }
};

EmojiFont::EmojiFont(const fs::path& path) : face_(std::make_unique<Face>()) {
  Face& f = *face_;
  f.name = path.string();
  if (FT_Init_FreeType(&f.library) != 0) throw EnvironmentError("font", "expected a working FreeType, got none");
  if (FT_New_Face(f.library, path.c_str(), 0, &f.face) != 0)
    throw InputError("font", "{}: expected a font, got something else", f.name);
  if (!FT_HAS_COLOR(f.face) || f.face->num_fixed_sizes < 1 || FT_Select_Size(f.face, 0) != 0)
    throw InputError("font", "{}: expected a font with colour bitmaps, got one without", f.name);
  f.font = hb_ft_font_create_referenced(f.face);
}

EmojiFont::~EmojiFont() = default;

std::optional<uint32_t> EmojiFont::glyph(const std::string& sequence) const {
  const std::lock_guard lock(face_->mutex);
  hb_buffer_t* buffer = hb_buffer_create();
  hb_buffer_add_utf8(buffer, sequence.data(), static_cast<int>(sequence.size()), 0, -1);
  hb_buffer_guess_segment_properties(buffer);
  hb_shape(face_->font, buffer, nullptr, 0);
  unsigned count = 0;
  const hb_glyph_info_t* glyphs = hb_buffer_get_glyph_infos(buffer, &count);
  std::optional<uint32_t> found;
  if (count == 1 && glyphs[0].codepoint != 0) found = glyphs[0].codepoint;
  hb_buffer_destroy(buffer);
  return found;
}

Image EmojiFont::picture(uint32_t glyph) const {
  const std::lock_guard lock(face_->mutex);
  if (FT_Load_Glyph(face_->face, glyph, FT_LOAD_COLOR) != 0)
    throw InputError("font", "{}: expected a bitmap for glyph {}, got broken data", face_->name, glyph);
  const FT_Bitmap& bitmap = face_->face->glyph->bitmap;
  if (bitmap.pixel_mode != FT_PIXEL_MODE_BGRA || bitmap.width == 0 || bitmap.rows == 0)
    throw InputError("font", "{}: expected a colour bitmap for glyph {}, got none", face_->name, glyph);
  Image out(static_cast<int>(bitmap.width), static_cast<int>(bitmap.rows), 4);
  for (int y = 0; y < out.height; ++y) {
    const uint8_t* in = bitmap.buffer + static_cast<ptrdiff_t>(y) * bitmap.pitch;
    uint8_t* row = out.row(y);
    for (int x = 0; x < out.width; ++x, in += 4, row += 4) {
      const unsigned alpha = in[3];  // FreeType gives premultiplied BGRA
      for (int c = 0; c < 3; ++c)
        row[c] = alpha ? static_cast<uint8_t>(std::min(255u, (in[2 - c] * 255u + alpha / 2) / alpha)) : 0;
      row[3] = in[3];
    }
  }
  return out;
}

}  // namespace sensorium
