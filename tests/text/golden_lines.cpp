#include "tests/text/golden_lines.h"

namespace sensorium::test {

std::vector<Json> golden_lines(const std::string& file) {
  const fs::path path = goldens() / "tokenizers" / file;
  const std::string content = read_file(path);
  std::vector<Json> lines;
  for (size_t at = 0; at < content.size();) {
    const size_t end = content.find('\n', at);
    lines.push_back(parse_json(std::string_view(content).substr(at, end - at), path.string()));
    at = end + 1;
  }
  return lines;
}

std::vector<std::string> golden_texts() {
  std::vector<std::string> texts;
  for (const Json& line : golden_lines("strings.jsonl")) texts.push_back(line["text"]);
  return texts;
}

}  // namespace sensorium::test
