// The list of augmentations: each entry names an operation and its parameters.

#include "sensorium/io/blur.h"
#include "sensorium/io/colour.h"
#include "sensorium/io/transform.h"
#include "sensorium/models/reference_picture_set.h"

namespace sensorium::reference_pictures {
namespace {

/// What one entry gives an operation.
struct Call {
  const PictureSet& set;
  const Json& params;
  Image image;

  double number(const char* key) const { return params.at(key); }
  int integer(const char* key) const { return params.at(key); }
  Resample filter() const { return filter_named(params.at("filter")); }
  template <size_t N>
  std::array<double, N> numbers(const char* key) const {
    return params.at(key).get<std::array<double, N>>();
  }
  Fill colour(const char* key) const {
    Fill fill{};
    if (!params.contains(key)) return fill;
    const Json& value = params.at(key);
    for (size_t c = 0; c < 3; ++c) fill[c] = value.is_array() ? value.at(c) : value;
    return fill;
  }
  Image source() const { return read_image(set.folder() / params.at("source").get<std::string>()); }
};

using Operation = std::function<Image(const Call&)>;

Image crop_box(const Call& c) {
  const auto box = c.params.at("box").get<std::array<int, 4>>();
  return crop(c.image, {box[0], box[1], box[2] - box[0], box[3] - box[1]});
}

Image resize_box(const Call& c) {
  const auto box = c.params.at("box").get<std::array<float, 4>>();
  const auto size = c.params.at("size_wh").get<std::array<int, 2>>();
  return resize(c.image, ResizePlan{size[0], size[1], Resample::bicubic, SourceBox{box[0], box[1], box[2], box[3]}});
}

Image affine_of(const Call& c) {
  return affine(c.image, c.image.width, c.image.height, c.numbers<6>("matrix"), c.filter(), c.colour("fill"));
}

Image rotate_of(const Call& c) {
  Rotation r{.degrees = c.number("degrees_ccw"), .filter = c.filter(), .fill = c.colour("fill")};
  r.expand = c.params.value("expand", false);
  if (c.params.contains("center")) r.centre = c.numbers<2>("center");
  if (c.params.contains("translate")) r.translate = c.numbers<2>("translate");
  return rotate(c.image, r);
}

Image autocontrast_of(const Call& c) {
  const Json& cutoff = c.params.at("cutoff");
  return cutoff.is_array() ? autocontrast(c.image, cutoff.at(0), cutoff.at(1)) : autocontrast(c.image, cutoff, cutoff);
}

/// A function of an image and one number.
Operation with(Image (*function)(const Image&, double), const char* key) {
  return [function, key](const Call& c) { return function(c.image, c.number(key)); };
}

Operation plain(Image (*function)(const Image&)) {
  return [function](const Call& c) { return function(c.image); };
}

Operation turned(Transpose how) {
  return [how](const Call& c) { return transpose(c.image, how); };
}

Operation sized(Image (*function)(const Image&, int, int, Resample)) {
  return [function](const Call& c) {
    const auto size = c.params.at("size_wh").get<std::array<int, 2>>();
    return function(c.image, size[0], size[1], Resample::bicubic);
  };
}

std::map<std::string, Operation> colour_operations() {
  return {
      {"enhance_brightness", with(adjust_brightness, "factor")},
      {"enhance_contrast", with(adjust_contrast, "factor")},
      {"enhance_color", with(adjust_saturation, "factor")},
      {"enhance_sharpness", with(adjust_sharpness, "factor")},
      {"adjust_hue", with(adjust_hue, "hue")},
      {"grayscale", plain(to_grey)},
      {"grayscale_rgb", plain(to_grayscale)},
      {"autocontrast", autocontrast_of},
      {"equalize", plain(equalize)},
      {"posterize", [](const Call& c) { return posterize(c.image, c.integer("bits")); }},
      {"solarize", [](const Call& c) { return solarize(c.image, c.integer("threshold")); }},
      {"invert", plain(invert)},
      {"convert_HSV", plain(rgb_to_hsv)},
      {"convert_HSV_back", [](const Call& c) { return hsv_to_rgb(rgb_to_hsv(c.image)); }},
      {"convert_YCbCr", plain(rgb_to_ycbcr)},
      {"convert_YCbCr_back", [](const Call& c) { return ycbcr_to_rgb(rgb_to_ycbcr(c.image)); }},
      {"convert_CMYK", plain(rgb_to_cmyk)},
      {"convert_CMYK_back", [](const Call& c) { return cmyk_to_rgb(rgb_to_cmyk(c.image)); }},
      {"blend", [](const Call& c) { return blend(c.image, invert(c.image), c.number("alpha")); }},
  };
}

std::map<std::string, Operation> geometry_operations() {
  std::map<std::string, Operation> all = {
      {"crop_outside", crop_box},
      {"crop_then_resize_bicubic",
       [](const Call& c) {
         return resize(crop_box(c), c.params.at("size_wh").at(0), c.params.at("size_wh").at(1), Resample::bicubic);
       }},
      {"resize_box_bicubic", resize_box},
      {"hflip", turned(Transpose::flip_left_right)},
      {"vflip", turned(Transpose::flip_top_bottom)},
      {"rot90_ccw", turned(Transpose::rotate_90)},
      {"rot180", turned(Transpose::rotate_180)},
      {"rot270_ccw", turned(Transpose::rotate_270)},
      {"transpose", turned(Transpose::transpose)},
      {"transverse", turned(Transpose::transverse)},
      {"rotate", rotate_of},
      {"perspective",
       [](const Call& c) {
         return perspective(c.image, c.image.width, c.image.height, c.numbers<8>("matrix"), c.filter());
       }},
      {"fit", sized(fit)},
      {"contain", sized(contain)},
      {"pad",
       [](const Call& c) {
         const auto size = c.params.at("size_wh").get<std::array<int, 2>>();
         return pad(c.image, size[0], size[1], Resample::bicubic, c.colour("color"));
       }},
      {"thumbnail_big",
       [](const Call& c) {
         return thumbnail(c.source(), c.params.at("size").at(0), c.params.at("size").at(1), Resample::bicubic);
       }},
      {"reduce_big",
       [](const Call& c) { return reduce(c.source(), c.params.at("factor").at(0), c.params.at("factor").at(1)); }},
  };
  for (const char* name : {"shear_x", "shear_y", "translate_x", "translate_y", "affine", "scale_half", "identity"})
    all[name] = affine_of;
  return all;
}

std::map<std::string, Operation> blur_operations() {
  return {
      {"gaussian_blur", [](const Call& c) { return gaussian_blur(c.image, c.number("radius")); }},
      {"gaussian_blur_xy",
       [](const Call& c) {
         const auto xy = c.numbers<2>("radius_xy");
         return gaussian_blur(c.image, xy[0], xy[1]);
       }},
      {"box_blur", with(box_blur, "radius")},
      {"median_filter", [](const Call& c) { return median_filter(c.image, c.integer("size")); }},
      {"unsharp_mask",
       [](const Call& c) {
         return unsharp_mask(c.image, c.number("radius"), c.integer("percent"), c.integer("threshold"));
       }},
  };
}

}  // namespace

CaseResult check_augmented(const PictureSet& set) {
  std::map<std::string, Operation> operations = colour_operations();
  operations.merge(geometry_operations());
  operations.merge(blur_operations());
  EqualityReport report(set.name());
  std::optional<Image> low_contrast;  // an entry of its own, and the input of those that end so
  for (const Json& entry : set.entries()) {
    const std::string key = entry.at("key"), op = entry.at("op");
    report.run(key, [&] {
      const std::string low = "_low";
      if (op == "point_low_contrast") {
        low_contrast = set.image(key);
        return;
      }
      const bool of_low = op.ends_with(low) && low_contrast;
      const auto found = operations.find(of_low ? op.substr(0, op.size() - low.size()) : op);
      if (found == operations.end()) throw InputError("verify", "expected a known operation, got {}", op);
      Json params = entry.at("params");
      if (of_low && !params.contains("cutoff")) params["cutoff"] = 0;
      const fs::path input = set.folder() / entry.at("input").get<std::string>();
      const Image got = found->second({set, params, of_low ? *low_contrast : read_image(input)});
      report.check(got == set.image(key), [&] { return set.describe(key, got, key); });
    });
  }
  return report.finish();
}

}  // namespace sensorium::reference_pictures
