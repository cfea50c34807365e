#include "sensorium/data/svg.h"

#include "sensorium/base/error.h"

#include <librsvg/rsvg.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace sensorium {
namespace {

struct Free {
  void operator()(RsvgHandle* p) const { g_object_unref(p); }
  void operator()(GError* p) const { g_error_free(p); }
  void operator()(cairo_surface_t* p) const { cairo_surface_destroy(p); }
  void operator()(cairo_t* p) const { cairo_destroy(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

[[noreturn]] void fail(std::string_view name, GError* error) {
  const Owned<GError> owned(error);
  std::string detail = error ? error->message : "an unknown failure";
  if (const size_t line = detail.find('\n'); line != std::string::npos) detail.resize(line);
  throw InputError("image", "{}: expected an SVG drawing, got: {}", name, detail);
}

/// Width and height in any common unit: from the view box, else the width and height given, else the ink.
std::pair<double, double> extent(RsvgHandle* handle, std::string_view name) {
  gboolean has_width, has_height, has_box;
  RsvgLength width, height;
  RsvgRectangle box;
  rsvg_handle_get_intrinsic_dimensions(handle, &has_width, &width, &has_height, &height, &has_box, &box);
  double w = 0, h = 0;
  if (has_box) {
    w = box.width;
    h = box.height;
  } else if (!rsvg_handle_get_intrinsic_size_in_pixels(handle, &w, &h)) {
    RsvgRectangle ink, logical;
    GError* error = nullptr;
    if (!rsvg_handle_get_geometry_for_element(handle, nullptr, &ink, &logical, &error)) fail(name, error);
    w = ink.width;
    h = ink.height;
  }
  if (!(w > 0) || !(h > 0) || !std::isfinite(w) || !std::isfinite(h))
    throw InputError("image", "{}: expected a drawing with an extent, got {}x{}", name, w, h);
  return {w, h};
}

/// cairo's premultiplied native-endian ARGB to straight RGBA.
Image straight(cairo_surface_t* surface) {
  Image out(cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface), 4);
  const uint8_t* base = cairo_image_surface_get_data(surface);
  for (int y = 0; y < out.height; ++y) {
    const auto* in = reinterpret_cast<const uint32_t*>(base + y * cairo_image_surface_get_stride(surface));
    uint8_t* row = out.row(y);
    for (int x = 0; x < out.width; ++x, row += 4) {
      const uint32_t alpha = in[x] >> 24;
      for (int c = 0; c < 3; ++c) {
        const uint32_t value = in[x] >> (16 - 8 * c) & 255;
        row[c] = alpha ? static_cast<uint8_t>(std::min(255u, (value * 255 + alpha / 2) / alpha)) : 0;
      }
      row[3] = static_cast<uint8_t>(alpha);
    }
  }
  return out;
}

}  // namespace

Image render_svg(std::string_view bytes, std::string_view name, int size) {
  if (size < 1 || size > 8192) throw UsageError("image", "expected a size in [1, 8192], got {}", size);
  GError* error = nullptr;
  const Owned<RsvgHandle> handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(bytes.data()), bytes.size(), &error));
  if (!handle) fail(name, error);
  const auto [w, h] = extent(handle.get(), name);
  const double scale = size / std::max(w, h);
  const int width = std::max(1, static_cast<int>(std::lround(w * scale)));
  const int height = std::max(1, static_cast<int>(std::lround(h * scale)));
  const Owned<cairo_surface_t> surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height));
  const Owned<cairo_t> context(cairo_create(surface.get()));
  const RsvgRectangle viewport{0, 0, static_cast<double>(width), static_cast<double>(height)};
  if (!rsvg_handle_render_document(handle.get(), context.get(), &viewport, &error)) fail(name, error);
  cairo_surface_flush(surface.get());
  return straight(surface.get());
}

}  // namespace sensorium
