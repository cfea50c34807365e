#include "sensorium/data/svg.h"
#include "sensorium/base/error.h"
#include "sensorium/data/svg_entities.h"
#include "tests/data/corpus.h"

#include <doctest/doctest.h>

namespace sensorium::test {
namespace {

std::string drawing(const std::string& declarations, const std::string& names, const std::string& fill) {
  return "<?xml version='1.0'?>" + declarations + "<svg xmlns='" + names +
         "' width='4' height='2'><rect width='2' height='2' fill='" + fill + "'/></svg>";
}

constexpr const char* kSvgNames = "http://www.w3.org/2000/svg";

TEST_CASE("svg: declared entities stand for their values") {
  const Image plain = render_svg(drawing("", kSvgNames, "#00f"), "a.svg", 8, SvgArea::page);
  const std::string declared =
      drawing("<!DOCTYPE svg [<!ENTITY ns_svg 'http://www.w3.org/2000/svg'><!ENTITY blue '#00&f;'><!ENTITY f 'f'>]>",
              "&ns_svg;", "&blue;");
  CHECK(render_svg(declared, "a.svg", 8, SvgArea::page).pixels == plain.pixels);
  CHECK(plain.row(0)[2] == 255);
  CHECK(without_entities("<!DOCTYPE a [<!ENTITY b '<c/>'>]><a>&b;\xc3\xa9</a>", "a.svg") == "<a><c/>\xc3\xa9</a>");
}

TEST_CASE("svg: entities read no other file, and do not grow without end") {
  const ScratchFolder dir;
  write_text(dir / "secret.txt", "secret");
  const auto message = [&](const std::string& bytes) {
    return error_of([&] { render_svg(bytes, "a.svg", 8, SvgArea::page); });
  };
  CHECK(message(drawing("<!DOCTYPE svg [<!ENTITY x SYSTEM 'file://" + (dir / "secret.txt").string() + "'>]>", kSvgNames,
                        "&x;")) == "[image] a.svg: expected an SVG drawing, got: Entity 'x' not defined");
  CHECK(message("<!DOCTYPE svg [<!ENTITY x 'y'>]><svg>").starts_with("[image] a.svg: expected an SVG drawing, got: "));
  std::string bomb = "<!DOCTYPE svg [<!ENTITY a0 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("<!ENTITY a{} '", i);
    for (int k = 0; k < 10; ++k) bomb += fmt::format("&a{};", i - 1);
    bomb += "'>";
  }
  CHECK(message(bomb + "]><svg>&a11;</svg>").starts_with("[image] a.svg: expected an SVG drawing, got: "));
}

}  // namespace
}  // namespace sensorium::test
