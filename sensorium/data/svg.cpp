#include "sensorium/data/svg.h"

#include "sensorium/base/error.h"
#include "sensorium/data/svg_entities.h"
#include "sensorium/io/resize.h"

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

/// Width and height of the page in any common unit: from the view box, else the width and height given, else the ink.
std::pair<double, double> page_extent(RsvgHandle* handle, std::string_view name) {
  gboolean has_width, has_height, has_box;
  RsvgLength width, height;
  RsvgRectangle box;
  rsvg_handle_get_intrinsic_dimensions(handle, &has_width, &width, &has_height, &height, &has_box, &box);
  double w = 0, h = 0;
  if (has_box) {
    w = box.width;
    h = box.height;
  } else if (!rsvg_handle_get_intrinsic_size_in_pixels(handle, &w, &h)) {
    RsvgRectangle ink{}, logical{};
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

/// The part of the page at (left, top), in page units, of width x height pixels at `scale` pixels a unit.
struct View {
  double page_width, page_height, left, top, scale;
  int width, height;
};

Image draw(RsvgHandle* handle, const View& view, std::string_view name) {
  const Owned<cairo_surface_t> surface(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, view.width, view.height));
  const Owned<cairo_t> context(cairo_create(surface.get()));
  const RsvgRectangle viewport{-view.left * view.scale, -view.top * view.scale, view.page_width * view.scale,
                               view.page_height * view.scale};
  GError* error = nullptr;
  if (!rsvg_handle_render_document(handle, context.get(), &viewport, &error)) fail(name, error);
  cairo_surface_flush(surface.get());
  return straight(surface.get());
}

View view_of(double page_width, double page_height, double left, double top, double width, double height, int size) {
  const double scale = size / std::max(width, height);
  return {page_width,
          page_height,
          left,
          top,
          scale,
          std::max(1, static_cast<int>(std::lround(width * scale))),
          std::max(1, static_cast<int>(std::lround(height * scale)))};
}

/// The smallest window with everything that is not transparent; empty if there is nothing.
Window ink_window(const Image& image) {
  int left = image.width, top = image.height, right = 0, bottom = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      if (image.row(y)[4 * x + 3]) {
        left = std::min(left, x);
        right = std::max(right, x + 1);
        top = std::min(top, y);
        bottom = y + 1;
      }
  return {left, top, std::max(0, right - left), std::max(0, bottom - top)};
}

}  // namespace

Image render_svg(std::string_view bytes, std::string_view name, int size, SvgArea area) {
  if (size < 1 || size > 8192) throw UsageError("image", "expected a size in [1, 8192], got {}", size);
  std::string expanded;
  if (bytes.find("<!ENTITY") != bytes.npos) {  // librsvg 2.54 leaks what it declares
    expanded = without_entities(bytes, name);
    bytes = expanded;
  }
  GError* error = nullptr;
  const Owned<RsvgHandle> handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(bytes.data()), bytes.size(), &error));
  if (!handle) fail(name, error);
  const auto [w, h] = page_extent(handle.get(), name);
  const View page = view_of(w, h, 0, 0, w, h, size);
  Image image = draw(handle.get(), page, name);
  if (area == SvgArea::page) return image;
  const Window ink = ink_window(image);
  const bool fills = ink.width * 10 > image.width * 9 || ink.height * 10 > image.height * 9;
  if (ink.width == 0 || fills) return image;
  return draw(
      handle.get(),
      view_of(w, h, ink.left / page.scale, ink.top / page.scale, ink.width / page.scale, ink.height / page.scale, size),
      name);
}

}  // namespace sensorium
