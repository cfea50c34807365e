#include "sensorium/models/json_fields.h"

#include <algorithm>

namespace sensorium {
namespace {

/// A list whose conversion keeps every value: fractions and what int64_t does not hold are refused.
void check_integers(const Json& object, const char* name, const std::string& source) {
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return;
  if (!it->is_array() || !std::all_of(it->begin(), it->end(), [](const Json& v) { return v.is_number_integer(); }))
    throw InputError("config", "{}: expected a list of integers for \"{}\", got {}", source, name,
                     it->dump().substr(0, 80));
}

}  // namespace

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
  if (in_) check_integers(*in_, name, source_);
  field(name, values);
  for (const int64_t value : values) check_size(name, value, 1, kMostSize);
}

void ConfigFields::depths(const char* name, std::vector<int64_t>& values) {
  constexpr size_t kMostStages = 64;
  if (in_) check_integers(*in_, name, source_);
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
