// Checkpoints with packed weights. Which layers stay bf16 beside int8 is measured, not guessed.

#include "sensorium/apps/packable.h"
#include "sensorium/base/json.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/models/rt/packed_visitor.h"
#include "sensorium/models/rt/runtime_options.h"
#include "sensorium/serve/model/feature_model.h"

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

/// int8 everywhere but in the layers that cost most, as few as do, and those that are not measured. `name` begins the
/// line that says so.
Packable::Packed choose_int8(const Packable& model, Plan& plan, const std::string& name) {
  for (auto& [module, precision] : plan) precision = Precision::fp32;
  const auto reference = model.pack(plan).embed();
  const bool measured =
      std::any_of(reference.begin(), reference.end(), [](const auto& rows) { return !rows.values.empty(); });
  Plan all = plan;
  for (auto& [module, precision] : all)
    precision = model.unmeasured.contains(module) ? Precision::bf16 : Precision::int8;
  Packable::Packed packed = model.pack(all);
  Likeness like = compare(packed.embed(), reference);
  std::vector<std::pair<double, std::string>> costs;
  if (measured && !like.holds())
    for (const auto& [module, precision] : all) {
      if (precision != Precision::int8) continue;
      Plan one = plan;
      one[module] = Precision::int8;
      costs.emplace_back(1 - compare(model.pack(one).embed(), reference).mean, module);
    }
  std::sort(costs.rbegin(), costs.rend());
  for (auto cost = costs.begin(); cost != costs.end() && !like.holds(); ++cost) {
    all[cost->second] = Precision::bf16;
    packed = model.pack(all);
    like = compare(packed.embed(), reference);
  }
  plan = all;
  const auto count = std::count_if(all.begin(), all.end(), [](const auto& l) { return l.second == Precision::int8; });
  const std::string found = fmt::format("cosine to fp32: mean {:.5f}, least {:.5f}", like.mean, like.least);
  fmt::print(stderr, "{}int8 in {} of {} layers{}\n", name, count, plan.size(),
             measured ? "; " + found : ", not measured: give --pictures or --texts");
  return packed;
}

bool holds_weights(const std::string& file) {
  return file.ends_with(".safetensors") || file.ends_with(".safetensors.index.json");
}

/// The files of a folder, not of those inside it.
void copy_files(const fs::path& from, const fs::path& to, bool weights) {
  for (const auto& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && (weights || !holds_weights(name))) fs::copy_file(entry.path(), to / name);
  }
}

/// Says in a configuration file what the weights are packed in.
void note_packed(const fs::path& file, const std::string& precision, const Plan& plan) {
  OrderedJson config = OrderedJson::parse(read_file(file));
  config["quantization_config"] = {{"quant_method", "sensorium"}, {"precision", precision}};
  for (const auto& [module, p] : plan)
    if (precision_name(p) != precision) config["quantization_config"]["modules_in_bf16"].push_back(module);
  write_file(file, config.dump(2) + "\n");
}

void pack_checkpoint(const fs::path& source, const std::string& precision, const Calibration& calibration,
                     const fs::path& out, const std::string& name) {
  require_plain(source);
  rt::set_precision(Precision::fp32);
  const Packable model = packable_model(source, calibration);
  Plan plan;
  Packable::Packed packed = model.pack(plan);
  if (precision == "int8") packed = choose_int8(model, plan, name);
  WeightSink sink;
  PackedVisitor visitor(sink);
  packed.visit(visitor);
  make_directories(out);
  copy_files(source, out, false);
  sink.write(out, model.layout);
  if (model.write_more) model.write_more(out);
  note_packed(out / config_file_name(model.layout), precision, plan);
}

/// The encoders inside what `cca` and its like save; the maps stay as they are.
void pack_encoders(const fs::path& source, const std::string& precision, const Calibration& calibration,
                   const fs::path& out) {
  copy_files(source, out, true);
  bool any = false;
  for (const FeatureMap& map : load_feature_model(source).maps) {
    if (map.encoder.empty()) continue;
    pack_checkpoint(source / map.encoder, precision, calibration, out / map.encoder, map.encoder + ": ");
    any = true;
  }
  if (!any)
    throw InputError("convert", "{}: expected a view with an encoder, whose weights are packed, got features alone",
                     source.string());
  note_packed(out / "config.json", precision, {});
}

}  // namespace

void require_plain(const fs::path& source) {
  if (const std::string packed = packed_precision(source); !packed.empty())
    throw InputError("convert", "{}: expected plain weights, got weights packed in {}", source.string(), packed);
}

void convert_packed(const fs::path& source, const std::string& precision, const Calibration& calibration,
                    const ConvertTarget& target) {
  if (is_feature_model(source))
    pack_encoders(source, precision, calibration, target.out);
  else
    pack_checkpoint(source, precision, calibration, target.out, "");
}

}  // namespace sensorium
