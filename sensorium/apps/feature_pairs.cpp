#include "sensorium/apps/feature_pairs.h"

#include "sensorium/classic/mutual_information.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/scalers.h"

#include <algorithm>

namespace sensorium {
namespace {

std::unique_ptr<classic::RowSource> rows_at(std::shared_ptr<const EmbeddedSplit> split,
                                            const std::vector<float>& values, int64_t width, bool pictures) {
  const auto n = static_cast<classic::Index>(split->texts.size());
  return classic::rows_made(n, width, [=, &values](classic::Index i, double* out) {
    const int64_t row = pictures ? split->pairs.image_of_text[static_cast<size_t>(i)] : i;
    std::copy_n(values.begin() + row * width, width, out);
  });
}

}  // namespace

void PairPlan::describe(OptionSet& o, const std::string& role) {
  o.field("data", data, "folder made by data prepare: pictures and captions are the " + role);
  o.field("split", split, "split of it");
  o.field("languages", languages, "languages of captions; all if none is given");
  o.field("picture_encoder", picture_encoder, "checkpoint folder for the pictures of --data");
  o.field("text_encoder", text_encoder, "checkpoint folder for the captions of --data");
  o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
}

FeaturePairs embed_pairs(const PairPlan& plan, const std::string& operation) {
  if (plan.picture_encoder.empty() || plan.text_encoder.empty())
    throw UsageError(operation, "expected --picture-encoder and --text-encoder with --data, got {}",
                     plan.picture_encoder.empty() && plan.text_encoder.empty() ? "neither" : "one of them");
  const Embedder pictures = load_embedder(plan.picture_encoder, plan.threads);
  const Embedder texts = load_embedder(plan.text_encoder, plan.threads);
  require_pictures(pictures, operation, plan.picture_encoder);
  require_texts(texts, operation, plan.text_encoder);
  Embedder both = pictures;
  both.encode_texts = texts.encode_texts;
  FeaturePairs pairs;
  const auto split = std::make_shared<const EmbeddedSplit>(
      embed_split({plan.data, plan.split, plan.languages, plan.batch_size, plan.threads}, both));
  pairs.pictures = rows_at(split, split->picture_rows, pictures.width, true);
  pairs.texts = rows_at(split, split->text_rows, texts.width, false);
  pairs.split = split;
  return pairs;
}

double fit_logit_scale(const classic::Matrix& a, const classic::Matrix& b) {
  constexpr classic::Index kPairs = 512;
  const classic::Index n = std::min(kPairs, a.rows());
  if (n < 2) return 10;
  const classic::Matrix cosines =
      classic::multiply_by_transposed(classic::normalise_rows(a.topRows(n)), classic::normalise_rows(b.topRows(n)));
  double best = 1, least = classic::information_bounds(cosines).clip_loss;
  for (double scale = 1.25; scale < 200; scale *= 1.25)
    if (const double loss = classic::information_bounds(cosines * scale).clip_loss; loss < least) {
      least = loss;
      best = scale;
    }
  return best;
}

}  // namespace sensorium
