#include "sensorium/train/run_folder.h"

#include "sensorium/train/checkpoint_folder.h"
#include "sensorium/train/tensor_file.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr const char* kState = "state.json";
constexpr const char* kTensors = "state.safetensors";

std::string flag_of(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

/// The first place where two option objects differ, as (flag, value in a, value in b); an empty flag where none does.
struct Difference {
  std::string flag, ours, theirs;
};
Difference first_difference(const Json& ours, const Json& theirs, const std::string& prefix = "") {
  for (const auto& [key, value] : ours.items()) {
    const Json other = theirs.contains(key) ? theirs.at(key) : Json();
    if (value.is_object() && other.is_object()) {
      if (auto d = first_difference(value, other, prefix + key + "."); !d.flag.empty()) return d;
    } else if (value != other) {
      return {flag_of(prefix + key), value.dump(), other.dump()};
    }
  }
  return {};
}

}  // namespace

RunFolder::RunFolder(const fs::path& folder, bool anew) : folder_(folder) {
  make_directories(folder_);
  recover_folder(last());
  recover_folder(best());
  if (!anew && holds_run()) return;
  std::vector<fs::path> old = {last(), best(), folder_ / "results.jsonl"};
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().filename().string().starts_with("events.out.tfevents.")) old.push_back(entry.path());
  for (const fs::path& path : old) fs::remove_all(path);
}

bool RunFolder::holds_run() const {
  return fs::exists(last() / kState);
}

Json RunFolder::state() const {
  return read_json(last() / kState);
}

void RunFolder::check_options(const OrderedJson& options) const {
  const Json theirs = json_get<Json>(state(), "options", (last() / kState).string());
  const Difference d = first_difference(Json::parse(options.dump()), theirs);
  if (!d.flag.empty())
    throw UsageError("train",
                     "{}: expected {} {} as in the run it holds, got {} (take another --out, or --resume never)",
                     folder_.string(), d.flag, d.theirs, d.ours);
}

RunProgress RunFolder::progress() const {
  const Json json = state();
  const std::string source = (last() / kState).string();
  RunProgress p;
  p.step = json_get<int64_t>(json, "step", source);
  p.finished = json_get<bool>(json, "finished", source);
  p.mined = json_get<bool>(json, "mined", source);
  p.best_step = json_get<int64_t>(json, "best_step", source);
  p.best_score = json_get<double>(json, "best_score", source);
  json_get<Json>(json, "best_validation", source);
  p.best_validation = OrderedJson::parse(read_file(source)).at("best_validation");  // in the order it was written
  const Json m = json_get<Json>(json, "monitor", source);
  p.monitor.steps = json_get<int64_t>(m, "steps", source);
  p.monitor.steps_above = json_get<int64_t>(m, "steps_above", source);
  p.monitor.smoothed = json_get<double>(m, "smoothed", source);
  p.monitor.best = json_get<double>(m, "best", source);
  return p;
}

RunProgress RunFolder::load(const Parameters& tensors) const {
  read_tensors(last() / kTensors, tensors);
  return progress();
}

void RunFolder::save_last(const RunProgress& p, const OrderedJson& options, const Parameters& tensors,
                          const std::function<void(const fs::path&)>& write_model) const {
  replace_folder(last(), [&](const fs::path& folder) {
    write_model(folder);
    write_tensors(folder / kTensors, tensors);
    const OrderedJson json = {
        {"format", "sensorium-run"},
        {"version", 1},
        {"step", p.step},
        {"finished", p.finished},
        {"mined", p.mined},
        {"best_step", p.best_step},
        {"best_score", p.best_score},
        {"best_validation", p.best_validation.is_null() ? OrderedJson::object() : p.best_validation},
        {"monitor",
         {{"steps", p.monitor.steps},
          {"steps_above", p.monitor.steps_above},
          {"smoothed", p.monitor.smoothed},
          {"best", p.monitor.best}}},
        {"options", options}};
    write_file(folder / kState, json.dump(2) + "\n");
  });
}

void RunFolder::save_best(const std::function<void(const fs::path&)>& write_model) const {
  replace_folder(best(), write_model);
}

}  // namespace sensorium
