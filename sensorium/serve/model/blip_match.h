#pragma once
// Pictures against texts by a BLIP matching model.

#include "sensorium/models/rt/blip_model.h"
#include "sensorium/serve/model/embedder.h"

namespace sensorium {

/// Texts ready to be held against pictures.
struct BlipTexts {
  std::vector<TokenBatch> batches;  // of at most 64 texts
  std::vector<float> rows;          // unit vectors, one a text
  int64_t count = 0;
};

/// Throws InputError "[operation] ..." for a text of too many tokens.
BlipTexts prepare_texts(const std::string& operation, const BlipModel& model, std::span<const std::string> texts);

struct MatchScore {
  double probability;  // of the matching head
  double cosine;       // of the two vectors
};

/// Pictures ready to be matched.
struct LookedAt {
  std::vector<CrossKeys<rt::Tensor>> keys;  // a layer each
  std::vector<float> rows;                  // unit vectors, one a picture
  size_t count = 0;
  std::span<const float> vector(size_t i) const {
    const size_t width = rows.size() / count;
    return {rows.data() + i * width, width};
  }
};
/// Pixels [B,3,S,S].
LookedAt look_to_match(const BlipModel& model, const rt::Tensor& pixels);
/// One of the pictures against every text.
std::vector<MatchScore> match_row(const BlipModel& model, const LookedAt& pictures, size_t row, const BlipTexts& texts);

/// Every picture [B,3,S,S] against every text: [B * texts], picture by picture.
std::vector<MatchScore> match_pictures(const BlipModel& model, const rt::Tensor& pixels, const BlipTexts& texts);

/// A BLIP model with a contrast as an embedder of pictures and texts, with its matching head where it has one.
Embedder blip_embedder(const std::shared_ptr<const BlipModel>& model);
Embedder load_blip_embedder(const fs::path& folder, const RuntimeOptions& runtime);

}  // namespace sensorium
