#include "sensorium/apps/picture_index.h"

#include "sensorium/base/hash.h"
#include "sensorium/base/json.h"
#include "sensorium/base/log.h"
#include "sensorium/base/threads.h"
#include "sensorium/io/safetensors.h"

#include <sys/stat.h>

#include <cstdlib>
#include <unordered_map>

namespace sensorium {
namespace {

constexpr const char* kFormat = "1";

struct FileState {
  std::string path, hash;
  int64_t size = 0, changed_ns = 0;
};

/// What an earlier run kept.
struct Cache {
  std::unordered_map<std::string, FileState> files;  // by path
  std::unordered_map<std::string, size_t> row_of;    // by content hash
  std::vector<float> rows;
};

FileState state_of(const fs::path& picture) {
  FileState s{picture.string(), "", 0, 0};
  struct stat info {};
  if (::stat(picture.c_str(), &info) == 0) {
    s.size = info.st_size;
    s.changed_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  }
  return s;
}

Cache read_cache(const PictureIndexPlan& plan, int64_t width) {
  const SafetensorsFile file(plan.cache);
  const auto field = [&](const char* key) {
    const auto it = file.metadata().find(key);
    return it == file.metadata().end() ? std::string() : it->second;
  };
  const TensorView& rows = file.at("embeddings");
  const TensorView& text = file.at("files");
  if (field("version") != kFormat || field("model") != plan.model || rows.shape.size() != 2 || rows.shape[1] != width)
    throw InputError("search", "{}: expected embeddings of this model, got others", plan.cache.string());
  const std::string_view json(reinterpret_cast<const char*>(text.data.data()), text.data.size());
  const std::string source = plan.cache.string();
  Cache cache;
  for (const Json& f : parse_json(json, source)) {
    FileState s{json_get<std::string>(f, "path", source), json_get<std::string>(f, "hash", source),
                json_get<int64_t>(f, "size", source), json_get<int64_t>(f, "changed_ns", source)};
    const auto row = json_get<int64_t>(f, "row", source);
    if (row < 0 || row >= rows.shape[0]) throw InputError("search", "{}: expected a row, got {}", source, row);
    cache.row_of.emplace(s.hash, static_cast<size_t>(row));
    cache.files.emplace(s.path, std::move(s));
  }
  cache.rows = to_float32(rows);
  return cache;
}

Cache read_cache_if_sound(const PictureIndexPlan& plan, int64_t width) {
  std::error_code ignored;
  if (!fs::exists(plan.cache, ignored)) return {};
  try {
    return read_cache(plan, width);
  } catch (const Error& e) {
    spdlog::warn("kept embeddings are made anew: {}", e.what());
    return {};
  }
}

/// Place, size, time and hash of each picture; a hash is empty where the picture cannot be read.
std::vector<FileState> look_at(const std::vector<fs::path>& pictures, const Cache& cache, int threads) {
  std::vector<FileState> states(pictures.size());
  parallel_for(pictures.size(), threads, [&](size_t i) {
    FileState s = state_of(pictures[i]);
    const auto known = cache.files.find(s.path);
    if (known != cache.files.end() && known->second.size == s.size && known->second.changed_ns == s.changed_ns) {
      s.hash = known->second.hash;
    } else {
      try {
        s.hash = content_hash_of_file(pictures[i]);
      } catch (const InputError&) {  // embedding it will say why
      }
    }
    states[i] = std::move(s);
  });
  return states;
}

void write_cache(const PictureIndexPlan& plan, const std::vector<FileState>& states, const PictureIndex& index,
                 int64_t width) {
  OrderedJson files = OrderedJson::array();
  for (size_t i = 0; i < states.size(); ++i)
    files.push_back({{"path", states[i].path},
                     {"hash", states[i].hash},
                     {"size", states[i].size},
                     {"changed_ns", states[i].changed_ns},
                     {"row", i}});
  const std::string text = files.dump(-1, ' ', false, Json::error_handler_t::replace);
  TensorView view{SafeDType::U8, {static_cast<int64_t>(text.size())}, std::as_bytes(std::span(text))};
  const auto n = static_cast<int64_t>(states.size());
  try {
    if (!plan.cache.parent_path().empty()) make_directories(plan.cache.parent_path());
    write_safetensors(plan.cache, {{"embeddings", TensorView::of(index.rows.data(), {n, width})}, {"files", view}},
                      {{"version", kFormat}, {"model", plan.model}});
  } catch (const EnvironmentError& e) {
    spdlog::warn("embeddings are not kept: {}", e.what());
  }
}

}  // namespace

fs::path default_cache_file(const fs::path& folder, const std::string& model) {
  fs::path base;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
    base = cache;
  else if (const char* home = std::getenv("HOME"); home && *home)
    base = fs::path(home) / ".cache";
  else
    base = fs::temp_directory_path();
  const std::string name = content_hash(fs::weakly_canonical(folder).string() + "\n" + model);
  return base / "sensorium" / "search" / (name + ".safetensors");
}

PictureIndex open_picture_index(const PictureIndexPlan& plan, const Embedder& model, Tally& skipped) {
  std::error_code ignored;
  if (!fs::is_directory(plan.folder, ignored))
    throw InputError("search", "{}: expected a folder of pictures, got something else", plan.folder.string());
  const auto pictures = find_pictures({plan.folder.string()});
  if (pictures.empty()) throw InputError("search", "{}: expected pictures in it, got none", plan.folder.string());

  const Cache cache = read_cache_if_sound(plan, model.width);
  std::vector<FileState> states = look_at(pictures, cache, plan.options.threads);
  const auto width = static_cast<size_t>(model.width);
  std::unordered_map<std::string, std::vector<float>> fresh;  // by hash
  std::vector<fs::path> unknown;
  std::vector<std::string> hashes;
  for (size_t i = 0; i < states.size(); ++i) {
    const bool is_new = states[i].hash.empty() || (!cache.row_of.count(states[i].hash) &&
                                                   fresh.emplace(states[i].hash, std::vector<float>()).second);
    if (!is_new) continue;
    unknown.push_back(pictures[i]);
    hashes.push_back(states[i].hash);
  }
  PictureOptions how = plan.options;
  how.total = unknown.size();
  encode_pictures(walk_list(unknown), *model.processor, model.encode_pixels, how, skipped, [&](PictureBatch&& batch) {
    for (size_t i = 0; i < batch.indices.size(); ++i)
      fresh[hashes[batch.indices[i]]].assign(batch.rows.begin() + static_cast<std::ptrdiff_t>(i * width),
                                             batch.rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
  });

  PictureIndex index;
  index.embedded = unknown.size();
  std::vector<FileState> kept;
  for (size_t i = 0; i < states.size(); ++i) {
    const auto row = cache.row_of.find(states[i].hash);
    const auto made = fresh.find(states[i].hash);
    if (row != cache.row_of.end())
      index.rows.insert(index.rows.end(), cache.rows.begin() + static_cast<std::ptrdiff_t>(row->second * width),
                        cache.rows.begin() + static_cast<std::ptrdiff_t>((row->second + 1) * width));
    else if (made != fresh.end() && !made->second.empty())
      index.rows.insert(index.rows.end(), made->second.begin(), made->second.end());
    else
      continue;
    index.pictures.push_back(pictures[i]);
    kept.push_back(std::move(states[i]));
  }
  if (!unknown.empty() || kept.size() != cache.files.size()) write_cache(plan, kept, index, model.width);
  return index;
}

}  // namespace sensorium
