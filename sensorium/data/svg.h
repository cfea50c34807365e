#pragma once
// Drawing of SVG files through librsvg and cairo.

#include "sensorium/io/image.h"

#include <string>

namespace sensorium {

/// The drawing of an SVG file's bytes, scaled so that its longer side is `size` pixels and its shape is kept, as RGBA
/// with straight alpha. References to other files are not followed. `name` stands in errors. Throws InputError for what
/// is no SVG, has no extent, or does not draw; UsageError for a size outside [1, 8192]. Thread-safe.
Image render_svg(std::string_view bytes, std::string_view name, int size);

}  // namespace sensorium
