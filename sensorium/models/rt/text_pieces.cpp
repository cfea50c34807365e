#include "sensorium/models/rt/text_pieces.h"

namespace sensorium {

std::string TextPieces::fresh() {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string text = text_of(model_, ids_);
  if (text.ends_with(kReplacement)) text.resize(text.size() - kReplacement.size());
  if (!text.starts_with(given_)) return {};
  std::string piece = text.substr(given_.size());
  given_ = std::move(text);
  return piece;
}

}  // namespace sensorium
