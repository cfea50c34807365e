#pragma once
// One field list per model configuration: reading a config.json and writing it back come from it.

#include "sensorium/base/json.h"

#include <string>

namespace sensorium {

/// Reads fields from a JSON object, or writes them to one; a config's `describe(ConfigFields&)` lists them once.
/// Unknown keys are left alone when reading, as published configurations carry many that change nothing here.
class ConfigFields {
 public:
  static ConfigFields reader(const Json& object, std::string source) { return {&object, nullptr, std::move(source)}; }
  static ConfigFields writer(OrderedJson& object) { return {nullptr, &object, {}}; }

  /// A missing or null key keeps the value as it is. Throws InputError for another type.
  template <class T>
  void field(const char* name, T& value) {
    if (in_)
      value = json_get_or<T>(*in_, name, value, source_);
    else
      (*out_)[name] = value;
  }
  /// The same for sizes, which must lie in [1, 2^24].
  void size(const char* name, int64_t& value) {
    field(name, value);
    check_size(name, value, 1, kMostSize);
  }
  /// The same for a number of layers, at most 4096: each takes memory before any weight is read.
  void depth(const char* name, int64_t& value) {
    field(name, value);
    check_size(name, value, 1, kMostLayers);
  }
  /// The same for an id that may be absent (-1, null in the file).
  void token_id(const char* name, int64_t& value);
  /// A list of numbers of layers, of at most 64 stages.
  void depths(const char* name, std::vector<int64_t>& values);
  /// A list of sizes.
  void sizes(const char* name, std::vector<int64_t>& values);
  /// Written only; when reading, a value other than this throws InputError: the models here have no other form.
  void fixed(const char* name, const Json& value);
  bool reading() const { return in_ != nullptr; }
  const std::string& source() const { return source_; }

 private:
  ConfigFields(const Json* in, OrderedJson* out, std::string source) : in_(in), out_(out), source_(std::move(source)) {}
  static constexpr int64_t kMostSize = int64_t{1} << 24, kMostLayers = 4096;
  void check_size(const char* name, int64_t value, int64_t least, int64_t most) const;
  const Json* in_;
  OrderedJson* out_;
  std::string source_;
};

}  // namespace sensorium
