#include "sensorium/data/cldr_annotations.h"

#include "sensorium/base/error.h"

#include <pugixml.hpp>

namespace sensorium {
namespace {

constexpr uint64_t kFileLimit = uint64_t{64} << 20;
constexpr std::string_view kAsParent = "\u2191\u2191\u2191";  // arrows: "as the parent locale"

/// "belly | bloated | full" -> "belly, bloated, full".
std::string comma_list(std::string text) {
  for (size_t at = text.find(" | "); at != std::string::npos; at = text.find(" | ", at)) text.replace(at, 3, ", ");
  return text;
}

}  // namespace

CldrAnnotations read_cldr_annotations(const fs::path& file) {
  std::string content = read_file(file, kFileLimit);
  pugi::xml_document document;
  if (const auto result = document.load_buffer_inplace(content.data(), content.size()); !result)
    throw InputError("data prepare", "{}: expected CLDR's annotations in XML, got at byte {}: {}", file.string(),
                     result.offset, result.description());
  CldrAnnotations out;
  for (const pugi::xml_node& node : document.child("ldml").child("annotations").children("annotation")) {
    const std::string sequence = node.attribute("cp").value(), text = node.child_value();
    if (sequence.empty() || text.empty() || text == kAsParent) continue;
    const auto [it, added] = out.annotations.try_emplace(sequence);
    if (added) out.order.push_back(sequence);
    if (std::string_view(node.attribute("type").value()) == "tts")
      it->second.name = text;
    else
      it->second.keywords = comma_list(text);
  }
  return out;
}

}  // namespace sensorium
