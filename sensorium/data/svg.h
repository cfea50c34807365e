#pragma once
// Drawing of SVG files through librsvg and cairo.

#include "sensorium/io/image.h"

#include <string>

namespace sensorium {

/// Which part of an SVG is drawn.
enum class SvgArea {
  page,    // what the file declares as its extent
  drawing  // the part of the page with ink on it: for clip art in a corner of a sheet of paper
};

/// The drawing of an SVG file's bytes, scaled so that its longer side is `size` pixels and its shape is kept, as RGBA
/// with straight alpha. References to other files are not followed. `name` stands in errors. Throws InputError for what
/// is no SVG, has no extent, or does not draw; UsageError for a size outside [1, 8192]. Thread-safe.
Image render_svg(std::string_view bytes, std::string_view name, int size, SvgArea area);

}  // namespace sensorium
