#include "sensorium/apps/train_sweep.h"

#include "sensorium/apps/train_classified.h"
#include "sensorium/base/rng.h"

#include <algorithm>

namespace sensorium {
namespace {

using Kind = ModalityCorruption::Kind;

std::string cell(const Interval& interval, double value) {
  return fmt::format("{:.1f} [{:.1f}, {:.1f}]", 100 * value, 100 * interval.low, 100 * interval.high);
}

}  // namespace

std::vector<SweepRow> sweep_modalities(const TrainedClassifier& model, const ClassifierItems& items,
                                       const SweepOptions& options) {
  const auto evaluate = [&](const std::vector<ModalityCorruption>& corruptions) {
    return evaluate_classified(classified_items(model, items, model(items, corruptions)), options.bootstrap,
                               options.seed);
  };
  std::vector<SweepRow> rows{{"as it is", "", "", 0, static_cast<int64_t>(items.rows.size()), evaluate({})}};
  const std::vector<ModalitySpec>& modalities = model.config().modalities;
  for (size_t m = 0; m < modalities.size(); ++m) {
    const ModalityData& data = items.data.modalities[m];
    const int64_t count =
        std::count_if(items.rows.begin(), items.rows.end(), [&](int64_t row) { return data.present(row); });
    if (count == 0) continue;
    const auto add = [&](const std::string& kind, Kind what, double amount) {
      std::vector<ModalityCorruption> corruptions(modalities.size());
      corruptions[m] = {what, amount, mix_seed(options.seed, {m})};
      const std::string strength = what == Kind::missing ? "" : fmt::format(" {:g}", amount);
      rows.push_back({fmt::format("{} {}{}", data.name(), kind, strength), data.name(), kind, amount, count,
                      evaluate(corruptions)});
    };
    add("missing", Kind::missing, 1);
    for (const double amount : options.noise) add("noise", Kind::noise, amount);
    if (modalities[m].kind == "picture")
      for (const double amount : options.blur) add("blur", Kind::blur, amount);
  }
  return rows;
}

std::string to_table(const std::vector<SweepRow>& rows) {
  size_t longest = 0;
  for (const SweepRow& r : rows) longest = std::max(longest, r.condition.size());
  std::string text = "accuracy in %, [95 % interval]; items: those that have the modality\n";
  text += fmt::format("{:<{}}{:>8}{:>22}{:>22}\n", "", longest, "items", "accuracy", "balanced accuracy");
  for (const SweepRow& r : rows)
    text += fmt::format("{:<{}}{:>8}{:>22}{:>22}\n", r.condition, longest, r.items,
                        cell(r.result.accuracy, r.result.confusion.accuracy()),
                        cell(r.result.balanced_accuracy, r.result.confusion.balanced_accuracy()));
  return text;
}

OrderedJson to_json(const std::vector<SweepRow>& rows) {
  OrderedJson list = OrderedJson::array();
  for (const SweepRow& r : rows) {
    OrderedJson row{{"condition", r.condition},
                    {"modality", r.modality},
                    {"kind", r.kind},
                    {"amount", r.amount},
                    {"items", r.items}};
    row.update(to_metrics(r.result));
    list.push_back(row);
  }
  return {{"task", "robustness"}, {"conditions", list}};
}

}  // namespace sensorium
