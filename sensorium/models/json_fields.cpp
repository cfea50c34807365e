#include "sensorium/models/json_fields.h"

namespace sensorium {

void ConfigFields::check_size(const char* name, int64_t value, int64_t least, int64_t most) const {
  if (in_ && (value < least || value > most))
    throw InputError("config", "{}: expected \"{}\" between {} and {}, got {}", source_, name, least, most, value);
}

void ConfigFields::token_id(const char* name, int64_t& value) {
  if (in_) {
    const auto it = in_->find(name);
    if (it == in_->end()) return;
    if (it->is_null())
      value = -1;
    else
      field(name, value);
  } else if (value < 0) {
    (*out_)[name] = nullptr;
  } else {
    (*out_)[name] = value;
  }
}

void ConfigFields::sizes(const char* name, std::vector<int64_t>& values) {
  field(name, values);
  for (const int64_t value : values) check_size(name, value, 1, kMostSize);
}

void ConfigFields::depths(const char* name, std::vector<int64_t>& values) {
  constexpr size_t kMostStages = 64;
  field(name, values);
  for (const int64_t value : values) check_size(name, value, 1, kMostLayers);
  if (in_ && values.size() > kMostStages)
    throw InputError("config", "{}: expected \"{}\" of at most {} stages, got {}", source_, name, kMostStages,
                     values.size());
}

void ConfigFields::fixed(const char* name, const Json& value) {
  if (!in_) {
    (*out_)[name] = value;
    return;
  }
  const auto it = in_->find(name);
  if (it != in_->end() && !it->is_null() && *it != value)
    throw InputError("config", "{}: expected \"{}\": {} (no other is supported), got {}", source_, name, value.dump(),
                     it->dump());
}

}  // namespace sensorium
