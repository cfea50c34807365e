// The lists that no vocabulary stands behind: cleaning and cutting into words.
#include "sensorium/base/sha256.h"
#include "sensorium/models/reference_tokenizer_lists.h"
#include "sensorium/text/clean.h"
#include "sensorium/text/clip_split.h"
#include "sensorium/text/html.h"

namespace sensorium::reference_tokenizers {

namespace {

std::string lowered(const std::string& text) {
  return unicode::encode(unicode::python_lower(unicode::decode(text)));
}
std::string cleaned(const std::string& text, Cleaning how) {
  return unicode::encode(clean_text(unicode::decode(text), how));
}

}  // namespace

CaseResult check_cleaning(const Folder& folder) {
  constexpr size_t kLong = 400;  // characters; longer texts have a hash instead
  EqualityReport report((folder.path.filename() / "clean").string());
  std::map<int64_t, Json> lines;
  for (Json& line : read_json_lines(folder.path / "clean.jsonl")) {
    const auto id = json_get<int64_t>(line, "id", "clean.jsonl");
    lines[id] = std::move(line);
  }
  for (size_t i = 0; i < folder.samples.size(); ++i) {
    const std::string& text = folder.samples[i].text;
    const auto found = lines.find(static_cast<int64_t>(i));
    const Json line = found == lines.end() ? Json::object() : found->second;
    const auto compare = [&](const char* step, const std::string& expected, const std::string& got) {
      report.check(expected == got, [&] {
        return fmt::format("line {}: expected {} of {} as {}, got {}", i, step, shown(text), shown(expected),
                           shown(got));
      });
    };
    const std::string lower = cleaned(text, Cleaning::lower);
    if (unicode::decode(text).size() > kLong) {
      compare("the hash", line.value("clean_sha256_utf8", ""), sha256_hex(std::as_bytes(std::span(lower))));
      continue;
    }
    const std::u32string fixed = fix_text(unicode::decode(text));
    const std::string fixed_text = unicode::encode(fixed), ftfy = line.value("ftfy", text);
    compare("ftfy", ftfy, fixed_text);
    compare("html", line.value("html", ftfy), unicode::encode(html_unescape(html_unescape(fixed))));
    compare("clean", line.value("clean", lowered(text)), lower);
    if (line.contains("canonicalize"))
      compare("canonicalize", line["canonicalize"], cleaned(text, Cleaning::canonicalize));
  }
  return report.finish();
}

CaseResult check_pretokens(const Folder& folder) {
  EqualityReport report((folder.path.filename() / "clip_pretokens").string());
  const fs::path path = folder.path / "clip_pretokens.jsonl";
  for (const Json& line : read_json_lines(path)) {
    const auto id = json_get<int64_t>(line, "id", path.string());
    const std::u32string text = clean_text(unicode::decode(folder.text(id)), Cleaning::lower);
    std::vector<std::string> words;
    split_clip(std::u32string_view(text), ClipStyle::openai, [&](size_t begin, size_t end) {
      words.push_back(unicode::encode(std::u32string_view(text).substr(begin, end - begin)));
    });
    report.check(json_get<std::vector<std::string>>(line, "pretokens", path.string()) == words,
                 [&] { return fmt::format("line {}: other words of {}", id, shown(folder.text(id))); });
  }
  return report.finish();
}

}  // namespace sensorium::reference_tokenizers
