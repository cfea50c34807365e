#include "sensorium/text/tokenizer_files.h"

namespace sensorium::tokenizer_files {

namespace {

/// The ids around texts from a TemplateProcessing post-processor.
TokenFrame template_frame(const Json& processor, const std::string& source) {
  TokenFrame frame;
  const auto walk = [&](const char* which, auto&& token, auto&& sequence) {
    for (const auto& piece : json_get<Json>(processor, which, source)) {
      if (piece.contains("Sequence")) {
        sequence(json_get<std::string>(piece["Sequence"], "id", source), piece["Sequence"].value("type_id", 0));
        continue;
      }
      const auto name = json_get<std::string>(json_get<Json>(piece, "SpecialToken", source), "id", source);
      const Json known = json_get<Json>(json_get<Json>(processor, "special_tokens", source), name, source);
      for (int32_t id : json_get<std::vector<int32_t>>(known, "ids", source)) token(id);
    }
  };
  auto* at = &frame.prefix;
  walk(
      "single", [&](int32_t id) { at->push_back(id); }, [&](const std::string&, int) { at = &frame.suffix; });
  bool between = false;
  walk(
      "pair",
      [&](int32_t id) {
        if (between) frame.middle.push_back(id);
      },
      [&](const std::string& id, int type) {
        between = id == "A";
        if (id == "B") frame.second_has_type_1 = type == 1;
      });
  return frame;
}

}  // namespace

TokenFrame read_frame(const Json& processor, const TokenFrame& fallback, const std::string& source) {
  const std::string type = processor.is_object() ? processor.value("type", "") : "";
  if (type == "TemplateProcessing") return template_frame(processor, source);
  if (type == "RobertaProcessing" || type == "BertProcessing") {
    const auto id_of = [&](const char* key) {
      const auto pair = json_get<Json>(processor, key, source);
      if (!pair.is_array() || pair.size() != 2 || !pair[1].is_number_integer())
        throw InputError(kOperation, "{}: expected [token, id] for \"{}\", got {}", source, key, pair.dump());
      return pair[1].get<int32_t>();
    };
    const int32_t cls = id_of("cls"), sep = id_of("sep");
    if (type == "BertProcessing") return {{cls}, {sep}, {sep}, true};
    return {{cls}, {sep, sep}, {sep}, false};
  }
  if (type == "Sequence")
    for (const auto& part : json_get<Json>(processor, "processors", source))
      if (part.value("type", "") != "ByteLevel") return read_frame(part, fallback, source);
  return fallback;
}

}  // namespace sensorium::tokenizer_files
