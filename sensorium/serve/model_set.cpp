#include "sensorium/serve/model_set.h"

#include <set>

namespace sensorium {

ModelSet::ModelSet(const ServeOptions& options) : options_(options), models_(load()) {}

std::vector<std::shared_ptr<const ServedModel>> ModelSet::load() const {
  DecodeLimits limits;
  limits.pixels = static_cast<uint64_t>(options_.max_megapixels * 1e6);
  limits.bytes = static_cast<uint64_t>(options_.max_body_mb) << 20;
  std::vector<std::shared_ptr<const ServedModel>> models;
  std::set<std::string> names;
  for (const std::string& word : options_.models) {
    const size_t equals = word.find('=');
    fs::path folder = equals == std::string::npos ? word : word.substr(equals + 1);
    if (!folder.has_filename()) folder = folder.parent_path();
    const std::string name = equals == std::string::npos ? folder.filename().string() : word.substr(0, equals);
    if (name.empty() || name.find('/') != std::string::npos || !names.insert(name).second)
      throw UsageError("sensorium serve",
                       "expected models of different names without '/', got \"{}\"; NAME=FOLDER "
                       "gives another",
                       name);
    models.push_back(
        load_served_model(name, folder, options_.runtime, static_cast<size_t>(options_.max_batch), limits));
  }
  return models;
}

void ModelSet::reload(const std::function<void(const List&)>& accept) {
  std::lock_guard one_at_a_time(loading_);
  auto models = load();
  accept(models);
  std::lock_guard lock(mutex_);
  models_.swap(models);
}

std::vector<std::shared_ptr<const ServedModel>> ModelSet::all() const {
  std::lock_guard lock(mutex_);
  return models_;
}

std::shared_ptr<const ServedModel> ModelSet::find(const std::string& name, const std::string& capability) const {
  for (const auto& model : all()) {
    if (name.empty() ? !model->can(capability) : model->name != name) continue;
    if (capability.empty() || model->can(capability)) return model;
    throw ApiError(400,
                   fmt::format("model: expected one that can \"{}\", got \"{}\" ({})", capability, name, model->kind),
                   "model_cannot", "model");
  }
  if (name.empty())
    throw ApiError(400, fmt::format("expected a model that can \"{}\", got none of those that are loaded", capability),
                   "model_cannot", "model");
  throw ApiError(404, fmt::format("model: expected one that /v1/models lists, got \"{}\"", name.substr(0, 80)),
                 "model_not_found", "model");
}

}  // namespace sensorium
