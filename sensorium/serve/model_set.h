#pragma once
// The models a server has, which may be exchanged while it serves.

#include "sensorium/serve/serve_options.h"
#include "sensorium/serve/served_model.h"

namespace sensorium {

/// Thread-safe. A request keeps the model that it began with.
class ModelSet {
 public:
  /// Loads all that the options name. Throws UsageError for a name given twice, InputError as load_served_model does.
  explicit ModelSet(const ServeOptions& options);
  using List = std::vector<std::shared_ptr<const ServedModel>>;
  /// Loads all anew, and takes the new ones only when every one of them loads and `accept` does not throw; else throws
  /// and keeps the old.
  void reload(const std::function<void(const List&)>& accept);
  std::vector<std::shared_ptr<const ServedModel>> all() const;
  /// The model of that name, or for "" the first that can do it. Throws ApiError 404 for an unknown name, 400 for a
  /// model that cannot or when none can.
  std::shared_ptr<const ServedModel> find(const std::string& name, const std::string& capability) const;

 private:
  std::vector<std::shared_ptr<const ServedModel>> load() const;
  const ServeOptions& options_;
  mutable std::mutex mutex_;
  std::mutex loading_;
  std::vector<std::shared_ptr<const ServedModel>> models_;
};

}  // namespace sensorium
