#include "sensorium/io/checkpoint.h"

#include "sensorium/base/json.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace sensorium {
namespace {

constexpr std::array kStems = {"model", "diffusion_pytorch_model", "open_clip_model"};

fs::path find_weights(const fs::path& path) {
  if (fs::is_regular_file(path)) return path;
  if (!fs::is_directory(path))
    throw InputError("checkpoint", "{}: expected a folder or a .safetensors file, got neither", path.string());
  for (const std::string stem : kStems)
    for (const char* ending : {".safetensors", ".safetensors.index.json"})
      if (fs::path file = path / (stem + ending); fs::exists(file)) return file;
  throw InputError("checkpoint", "{}: expected model.safetensors or model.safetensors.index.json, got {}",
                   path.string(), fs::exists(path / "pytorch_model.bin") ? "only pytorch_model.bin" : "neither");
}

std::string shard_name(size_t i, size_t n) {
  return fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, n);
}

/// Cuts the list, in its order, into runs of at most `max_bytes` (or of one tensor, if that alone is larger).
std::vector<NamedTensors> split(const NamedTensors& tensors, uint64_t max_bytes) {
  std::vector<NamedTensors> shards(1);
  uint64_t size = 0;
  for (const auto& tensor : tensors) {
    if (!shards.back().empty() && size + tensor.second.data.size() > max_bytes) {
      shards.emplace_back();
      size = 0;
    }
    size += tensor.second.data.size();
    shards.back().push_back(tensor);
  }
  return shards;
}

/// Whether write_checkpoint gives files such a name.
bool is_weights_name(const std::string& name) {
  if (name == "model.safetensors" || name == "model.safetensors.index.json") return true;
  unsigned i = 0, n = 0;
  return std::sscanf(name.c_str(), "model-%5u-of-%5u", &i, &n) == 2 && i > 0 && name == shard_name(i - 1, n);
}

/// Removes weights of an earlier checkpoint that `keep` does not name.
void remove_stale_weights(const fs::path& folder, const std::set<std::string>& keep) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (is_weights_name(name) && !keep.count(name)) stale.push_back(entry.path());
  }
  for (const fs::path& path : stale)
    if (!fs::remove(path, error) && error)
      throw EnvironmentError("checkpoint", "{}: expected to remove this earlier file, got: {}", path.string(),
                             error.message());
}

}  // namespace

CheckpointReader::CheckpointReader(const fs::path& path) : path_(find_weights(path)) {
  if (path_.extension() == ".json") {
    open_index();
  } else {
    files_.emplace_back(path_);
    tensors_ = files_.back().tensors();
  }
}

void CheckpointReader::open_index() {
  const std::string source = path_.string();
  const Json index = read_json(path_);
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (map == index.end() || !map->is_object())
    throw InputError("checkpoint", "{}: expected a \"weight_map\", got none", source);
  std::map<std::string, size_t> opened;
  for (const auto& [name, value] : map->items()) {
    const std::string shard = json_get<std::string>(*map, name, source);
    if (shard.empty() || shard == "." || shard == ".." || fs::path(shard).filename() != shard)
      throw InputError("checkpoint", "{}: expected a file name in the same folder for \"{}\", got \"{}\"", source, name,
                       shard);
    const auto [it, is_new] = opened.emplace(shard, files_.size());
    if (is_new) files_.emplace_back(path_.parent_path() / shard);
    tensors_[name] = files_[it->second].at(name);
  }
}

const TensorView& CheckpointReader::at(const std::string& name) const {
  const auto it = tensors_.find(name);
  if (it == tensors_.end())
    throw InputError("checkpoint", "{}: expected a tensor \"{}\", got none of that name", path_.string(), name);
  return it->second;
}

void write_checkpoint(const fs::path& folder, const NamedTensors& tensors, uint64_t max_shard_bytes) {
  const StringMap metadata = {{"format", "pt"}};
  make_directories(folder);
  const std::vector<NamedTensors> shards = split(tensors, max_shard_bytes);
  if (shards.size() == 1) {
    write_safetensors(folder / "model.safetensors", tensors, metadata);
    return remove_stale_weights(folder, {"model.safetensors"});
  }
  std::set<std::string> written = {"model.safetensors.index.json"};
  uint64_t total = 0;
  Json weight_map = Json::object();
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shard_name(i, shards.size());
    write_safetensors(folder / name, shards[i], metadata);
    written.insert(name);
    for (const auto& [tensor, view] : shards[i]) {
      weight_map[tensor] = name;
      total += view.data.size();
    }
  }
  const OrderedJson index = {{"metadata", {{"total_size", total}}}, {"weight_map", weight_map}};
  write_file(folder / "model.safetensors.index.json", index.dump(2) + "\n");
  remove_stale_weights(folder, written);
}

}  // namespace sensorium
