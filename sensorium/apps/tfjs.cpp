#include "sensorium/apps/tfjs.h"

#include "sensorium/base/checked.h"

#include <algorithm>
#include <cstring>

namespace sensorium {

TfjsModel::TfjsModel(const fs::path& model_json) : path_(model_json) {
  const Json model = read_json(path_);
  try {
    read_layers(model);
    read_weights(model);
  } catch (const Json::exception& e) {
    throw InputError("convert", "{}: expected a TensorFlow.js layers model, got: {}", path_.string(), e.what());
  }
}

void TfjsModel::read_layers(const Json& model) {
  const Json& topology = model.at("modelTopology");
  const Json& config = topology.contains("model_config") ? topology.at("model_config") : topology;
  for (const Json& layer : config.at("config").at("layers")) {
    const Json& c = layer.at("config");
    layers_.emplace(c.at("name").get<std::string>(), c);
  }
}

void TfjsModel::read_weights(const Json& model) {
  for (const Json& group : model.at("weightsManifest")) read_group(group);
}

void TfjsModel::read_group(const Json& group) {
  std::string bytes;
  for (const Json& name : group.at("paths")) {
    const fs::path shard = fs::path(name.get<std::string>()).lexically_normal();
    if (shard.is_absolute() || shard.empty() || *shard.begin() == "..")
      throw InputError("convert", "{}: expected shards beside it, got \"{}\"", path_.string(), shard.string());
    bytes += read_file(path_.parent_path() / shard);
  }
  uint64_t at = 0;
  for (const Json& entry : group.at("weights")) {
    const auto name = entry.at("name").get<std::string>();
    const auto type = entry.at("dtype").get<std::string>();
    if (type != "float32" || entry.contains("quantization"))
      throw InputError("convert", "{}: expected float32 for \"{}\", got {}", path_.string(), name,
                       type == "float32" ? "quantised values" : type);
    Weight w;
    const Json& shape = entry.at("shape");
    if (!shape.is_array() ||
        !std::all_of(shape.begin(), shape.end(), [](const Json& v) { return v.is_number_integer(); }))
      throw InputError("convert", "{}: expected whole numbers as shape of \"{}\", got {}", path_.string(), name,
                       shape.dump().substr(0, 80));
    w.shape = shape.get<std::vector<int64_t>>();
    const uint64_t size = checked_mul(checked_numel(w.shape, "convert"), sizeof(float), "convert");
    if (size > bytes.size() - at)
      throw InputError("convert", "{}: expected {} bytes for \"{}\" in its shards, got {}", path_.string(), size, name,
                       bytes.size() - at);
    w.values.resize(size / sizeof(float));
    if (size > 0) std::memcpy(w.values.data(), bytes.data() + at, size);
    at += size;
    weights_.emplace(name, std::move(w));
  }
  if (at != bytes.size())
    throw InputError("convert", "{}: expected {} bytes in its shards, got {}", path_.string(), at, bytes.size());
}

const Json& TfjsModel::layer(const std::string& name) const {
  const auto it = layers_.find(name);
  if (it == layers_.end()) throw InputError("convert", "{}: expected a layer \"{}\", got none", path_.string(), name);
  return it->second;
}

const TfjsModel::Weight& TfjsModel::weight(const std::string& name, size_t rank) const {
  const auto it = weights_.find(name);
  if (it == weights_.end()) throw InputError("convert", "{}: expected a weight \"{}\", got none", path_.string(), name);
  if (it->second.shape.size() != rank)
    throw InputError("convert", "{}: expected {} dimensions of \"{}\", got {}", path_.string(), rank, name,
                     it->second.shape.size());
  return it->second;
}

}  // namespace sensorium
