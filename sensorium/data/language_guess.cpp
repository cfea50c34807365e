#include "sensorium/data/language_guess.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

namespace sensorium {
namespace {

std::string_view primary(std::string_view tag) {
  tag = tag.substr(0, tag.find('-'));
  if (tag == "nb" || tag == "nn") return "no";
  if (tag == "iw") return "he";
  if (tag == "fil") return "tl";
  return tag == "in" ? "id" : tag;
}

}  // namespace

std::string guess_language(std::string_view text) {
  const CLD2::CLDHints hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
  CLD2::Language best[3];
  int percent[3], text_bytes = 0;
  double scores[3];
  bool reliable = false;
  const CLD2::Language language =
      CLD2::ExtDetectLanguageSummary(text.data(), static_cast<int>(text.size()), /*is_plain_text=*/true, &hints,
                                     /*flags=*/0, best, percent, scores, nullptr, &text_bytes, &reliable);
  if (!reliable || language == CLD2::UNKNOWN_LANGUAGE) return "";
  const std::string code = CLD2::LanguageCode(language);
  return code == "un" ? "" : code;
}

bool contradicts(std::string_view guessed, std::string_view declared) {
  return !guessed.empty() && !declared.empty() && primary(guessed) != primary(declared);
}

}  // namespace sensorium
