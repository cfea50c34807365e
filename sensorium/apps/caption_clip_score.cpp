#include "sensorium/apps/caption_clip_score.h"

#include "sensorium/data/manifest.h"
#include "sensorium/eval/generation_scores.h"
#include "sensorium/serve/model/embedder.h"

#include <unordered_map>

namespace sensorium {
namespace {

constexpr const char* kOperation = "evaluate caption";
constexpr const char* kPrompt = "A photo depicts ";

/// The picture of each caption: of the record of its id, or of its file name without ending.
std::vector<fs::path> pictures_of(const ClipScorePlan& plan, const std::vector<std::string>& ids) {
  std::unordered_map<std::string, fs::path> by_id;
  for_each_record(plan.data, {{plan.split}, {}, {}, false}, [&](Record&& r) {
    if (!r.image.empty()) by_id[r.id] = picture_path(plan.data, r);
  });
  std::vector<fs::path> pictures;
  for (const std::string& id : ids) {
    auto found = by_id.find(id);
    if (found == by_id.end()) found = by_id.find(fs::path(id).stem().string());
    if (found == by_id.end())
      throw InputError(kOperation, "{}: expected a picture of \"{}\" in the split \"{}\", got none", plan.data.string(),
                       id, plan.split);
    pictures.push_back(found->second);
  }
  return pictures;
}

std::vector<float> picture_rows(const Embedder& model, const ClipScorePlan& plan, const std::vector<fs::path>& files) {
  std::vector<float> rows;
  Tally skipped;
  encode_pictures(walk_list(files), *model.processor, model.encode_pixels,
                  {plan.batch_size, plan.runtime.threads, files.size()}, skipped,
                  [&](PictureBatch&& batch) { rows.insert(rows.end(), batch.rows.begin(), batch.rows.end()); });
  warn_skipped(skipped);
  if (rows.size() != files.size() * static_cast<size_t>(model.width))
    throw InputError(kOperation, "{}: expected {} pictures that can be read, got {}", plan.data.string(), files.size(),
                     rows.size() / static_cast<size_t>(model.width));
  return rows;
}

std::vector<std::string> prompted(std::vector<std::string> texts) {
  for (std::string& t : texts) t = kPrompt + t;
  return texts;
}

void finish(CorpusScore& score) {
  for (const double v : score.items) score.corpus += v / static_cast<double>(score.items.size());
}

}  // namespace

CaptionClipScores caption_clip_scores(const ClipScorePlan& plan, const MatchedCaptions& captions) {
  const std::vector<fs::path> files = pictures_of(plan, captions.ids);
  const Embedder model = load_embedder(plan.model, plan.runtime);
  require_texts(model, kOperation, plan.model);
  require_pictures(model, kOperation, plan.model);
  const auto width = static_cast<size_t>(model.width);
  const std::vector<float> pictures = picture_rows(model, plan, files);
  const std::vector<float> candidates = embed_all_texts(model, prompted(captions.set.candidates), plan.batch_size);
  CaptionClipScores out;
  for (size_t i = 0; i < files.size(); ++i) {
    // Numbers of references differ, so one caption at a time.
    const std::vector<float> references = embed_all_texts(model, prompted(captions.set.references[i]), plan.batch_size);
    const ClipScores one =
        clip_scores({&pictures[i * width], width}, {&candidates[i * width], width}, references, model.width);
    out.score.items.push_back(one.score[0]);
    out.with_references.items.push_back(one.reference_score[0]);
  }
  finish(out.score);
  finish(out.with_references);
  return out;
}

}  // namespace sensorium
