// Checkpoints with packed weights. Which layers stay bf16 beside int8 is measured, not guessed.

#include "sensorium/apps/packable.h"
#include "sensorium/base/json.h"
#include "sensorium/models/rt/packed_visitor.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr double kMeanCosine = 0.998, kLeastCosine = 0.99;

/// Of the rows of two embeddings; 1 where there are none.
struct Likeness {
  double mean = 1, least = 1;
  bool holds() const { return mean >= kMeanCosine && least >= kLeastCosine; }
};

Likeness compare(const std::vector<Rows>& a, const std::vector<Rows>& b) {
  Likeness worst;
  for (size_t part = 0; part < a.size(); ++part) {
    double sum = 0, least = 1;
    const std::vector<float>&x = a[part].values, &y = b[part].values;
    const auto width = static_cast<size_t>(a[part].width);
    const size_t rows = x.size() / width;
    for (size_t r = 0; r < rows; ++r) {
      double ab = 0, aa = 0, bb = 0;
      for (size_t i = r * width; i < (r + 1) * width; ++i) {
        ab += double{x[i]} * double{y[i]};
        aa += double{x[i]} * double{x[i]};
        bb += double{y[i]} * double{y[i]};
      }
      const double cosine = ab / std::max(std::sqrt(aa * bb), 1e-30);
      sum += cosine;
      least = std::min(least, cosine);
    }
    if (rows == 0) continue;
    worst.mean = std::min(worst.mean, sum / static_cast<double>(rows));
    worst.least = std::min(worst.least, least);
  }
  return worst;
}

/// int8 everywhere but in the layers that cost most, as few as do.
Packable::Packed choose_int8(const Packable& model, Plan& plan) {
  for (auto& [module, precision] : plan) precision = Precision::fp32;
  const auto reference = model.pack(plan).embed();
  const bool measured =
      std::any_of(reference.begin(), reference.end(), [](const auto& rows) { return !rows.values.empty(); });
  Plan all = plan;
  for (auto& [module, precision] : all) precision = Precision::int8;
  Packable::Packed packed = model.pack(all);
  Likeness like = compare(packed.embed(), reference);
  std::vector<std::pair<double, std::string>> costs;
  if (measured && !like.holds())
    for (const auto& [module, precision] : plan) {
      Plan one = plan;
      one[module] = Precision::int8;
      costs.emplace_back(1 - compare(model.pack(one).embed(), reference).mean, module);
    }
  std::sort(costs.rbegin(), costs.rend());
  size_t kept = 0;
  for (; kept < costs.size() && !like.holds(); ++kept) {
    all[costs[kept].second] = Precision::bf16;
    packed = model.pack(all);
    like = compare(packed.embed(), reference);
  }
  plan = all;
  if (measured)
    fmt::print(stderr, "int8 in {} of {} layers; cosine to fp32: mean {:.5f}, least {:.5f}\n", plan.size() - kept,
               plan.size(), like.mean, like.least);
  else
    fmt::print(stderr, "int8 in all {} layers, not measured: give --pictures or --texts\n", plan.size());
  return packed;
}

}  // namespace

void convert_packed(const fs::path& source, const std::string& precision, const Calibration& calibration,
                    const ConvertTarget& target) {
  rt::set_precision(Precision::fp32);
  const Packable model = packable_model(source, calibration);
  Plan plan;
  Packable::Packed packed = model.pack(plan);
  if (precision == "int8") packed = choose_int8(model, plan);
  WeightSink sink;
  PackedVisitor visitor(sink);
  packed.visit(visitor);
  for (const auto& entry : fs::directory_iterator(source)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && !name.ends_with(".safetensors") && !name.ends_with(".safetensors.index.json"))
      fs::copy_file(entry.path(), target.out / name);
  }
  sink.write(target.out, model.layout);
  const fs::path file = target.out / (model.layout == Layout::open_clip ? "open_clip_config.json" : "config.json");
  OrderedJson config = OrderedJson::parse(read_file(file));
  config["quantization_config"] = {{"quant_method", "sensorium"}, {"precision", precision}};
  for (const auto& [module, p] : plan)
    if (precision_name(p) != precision) config["quantization_config"]["modules_in_bf16"].push_back(module);
  write_file(file, config.dump(2) + "\n");
}

}  // namespace sensorium
