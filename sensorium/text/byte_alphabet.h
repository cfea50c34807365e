#pragma once
// The byte alphabet of GPT-2 and CLIP: every byte has a printable character, so that vocabularies are plain text.
// Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, and the published encoder.

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sensorium {

/// The character of each byte, in UTF-8: printable Latin-1 stands for itself, the rest for U+0100 on.
const std::array<std::string, 256>& byte_characters();

/// The bytes in the order OpenAI's vocabularies number them: printable ones by value, then the rest.
const std::array<uint8_t, 256>& openai_byte_order();

/// Bytes that a token spelled in byte characters stands for; nothing when it holds another character.
std::optional<std::string> bytes_of_characters(std::string_view token);

}  // namespace sensorium
