#include "sensorium/apps/report_picture.h"

#include "sensorium/apps/report_chart.h"
#include "sensorium/apps/report_style.h"
#include "sensorium/base/base64.h"
#include "sensorium/base/error.h"
#include "sensorium/data/picture_file.h"
#include "sensorium/io/image_encode.h"
#include "sensorium/io/resize.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr int kThumbnail = 200;

}  // namespace

std::string thumbnail(const fs::path& picture, const std::string& text) {
  try {
    Image image = composite_on(read_picture_alpha(picture));
    const double scale = std::min(1.0, static_cast<double>(kThumbnail) / std::max(image.width, image.height));
    const auto side = [&](int s) { return std::max(1, static_cast<int>(s * scale + 0.5)); };
    if (scale < 1) image = resize(image, side(image.width), side(image.height), Resample::lanczos);
    return fmt::format("<img alt=\"{}\" src=\"data:image/jpeg;base64,{}\">", html_escape(text),
                       base64_encode(encode_jpeg(image, 85)));
  } catch (const InputError&) {
    return fmt::format("<div class=\"missing\">{}</div>", html_escape(picture.filename().string()));
  }
}

std::string page_head(const std::string& title, const std::string& note) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>{0}</title>\n<style>{1}</style></head>\n<body><main>\n"
      "<header><h1>{0}</h1><p class=\"note\">{2}</p></header>\n",
      html_escape(title), kReportStyle, html_escape(note));
}

std::string facts_card(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string text = "<h2>How it was made</h2>\n<div class=\"card\"><dl>";
  for (const auto& [name, value] : facts)
    text += fmt::format("<dt>{}</dt><dd>{}</dd>", html_escape(name), html_escape(value));
  return text + "</dl></div>\n";
}

}  // namespace sensorium
