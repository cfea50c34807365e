#include "sensorium/apps/retrieval_run.h"

#include "sensorium/base/progress.h"

namespace sensorium {
namespace {

std::string splits_of(const fs::path& data) {
  const Json header = read_manifest_header(data);
  std::vector<std::string> names;
  if (const auto it = header.find("splits"); it != header.end() && it->is_object())
    for (const auto& [name, count] : it->items()) names.push_back(fmt::format("{} ({})", name, count.dump()));
  return fmt::format("{}", fmt::join(names, ", "));
}

void embed_records(const SplitPlan& plan, const Embedder& model, std::vector<Record> all, EmbeddedSplit& split) {
  std::vector<fs::path> files;
  for (const Record& r : all) files.push_back(picture_path(plan.data, r));
  encode_pictures(walk_list(files), *model.processor, model.encode_pixels,
                  {plan.batch_size, plan.threads, files.size()}, split.skipped, [&](PictureBatch&& batch) {
                    for (const size_t i : batch.indices) {
                      split.pictures.push_back(files[i]);
                      split.records.push_back(std::move(all[i]));
                    }
                    split.picture_rows.insert(split.picture_rows.end(), batch.rows.begin(), batch.rows.end());
                  });
}

OrderedJson to_json(const Estimate& e) {
  return {{"value", e.value}, {"low", e.interval.low}, {"high", e.interval.high}, {"chance", e.chance}};
}

OrderedJson to_json(const DirectionMetrics& m) {
  OrderedJson recall;
  for (size_t r = 0; r < m.recall.size(); ++r)
    recall[std::to_string(DirectionMetrics::kRecallAt[r])] = to_json(m.recall[r]);
  return {{"queries", m.queries},
          {"gallery", m.gallery},
          {"recall_at", recall},
          {"median_rank", to_json(m.median_rank)},
          {"mean_rank", to_json(m.mean_rank)},
          {"mrr", to_json(m.reciprocal_rank)},
          {"map", to_json(m.average_precision)},
          {"ndcg_at_10", to_json(m.ndcg_at_10)}};
}

std::string cell(const Estimate& e, double unit) {
  return fmt::format("{:.1f} [{:.1f}, {:.1f}]", e.value * unit, e.interval.low * unit, e.interval.high * unit);
}

void append_direction(std::string& text, const std::string& name, const DirectionMetrics& m) {
  text += fmt::format("{:<15}", name);
  for (const Estimate& e : m.recall) text += fmt::format("{:>20}", cell(e, 100));
  text += fmt::format("{:>23}{:>24}\n", cell(m.median_rank, 1), cell(m.mean_rank, 1));
  text += fmt::format("{:<15}", "  chance");
  for (const Estimate& e : m.recall) text += fmt::format("{:>20.1f}", e.chance * 100);
  text += fmt::format("{:>23.1f}{:>24.1f}\n", m.median_rank.chance, m.mean_rank.chance);
}

}  // namespace

EmbeddedSplit embed_split(const SplitPlan& plan, const Embedder& model) {
  const auto splits = plan.split.empty() ? std::vector<std::string>() : std::vector<std::string>{plan.split};
  std::vector<Record> all = load_records(plan.data, {splits, plan.languages, {}, true});
  if (all.empty())
    throw InputError("evaluate retrieval",
                     "{}: expected captioned pictures in the split \"{}\"{}, got none; splits: {}", plan.data.string(),
                     plan.split, plan.languages.empty() ? "" : fmt::format(" in {}", fmt::join(plan.languages, ", ")),
                     splits_of(plan.data));
  EmbeddedSplit split;
  split.width = model.width;
  embed_records(plan, model, std::move(all), split);
  if (split.records.empty())
    throw InputError("evaluate retrieval", "{}: expected a picture that can be read, got none", plan.data.string());
  split.pairs.images = static_cast<int64_t>(split.records.size());
  for (size_t i = 0; i < split.records.size(); ++i)
    for (const Caption& c : split.records[i].captions) {
      split.texts.push_back(c.text);
      split.pairs.image_of_text.push_back(static_cast<int64_t>(i));
    }
  if (plan.texts) split.text_rows = embed_all_texts(model, split.texts, plan.batch_size);
  warn_skipped(split.skipped);
  return split;
}

RetrievalMetrics evaluate_split(const EmbeddedSplit& split, const RetrievalOptions& options) {
  return evaluate_retrieval({split.picture_rows, split.width}, {split.text_rows, split.width}, split.pairs, options);
}

OrderedJson to_json(const RetrievalMetrics& m) {
  return {{"images", m.images},
          {"texts", m.texts},
          {"image_to_text", to_json(m.image_to_text)},
          {"text_to_image", to_json(m.text_to_image)}};
}

std::string to_table(const RetrievalMetrics& m) {
  std::string text = fmt::format("{} pictures, {} captions; recall in %, [95 % interval]\n", m.images, m.texts);
  text += fmt::format("{:<15}{:>20}{:>20}{:>20}{:>23}{:>24}\n", "", "R@1", "R@5", "R@10", "median rank", "mean rank");
  append_direction(text, "image to text", m.image_to_text);
  append_direction(text, "text to image", m.text_to_image);
  return text;
}

}  // namespace sensorium
