#include "sensorium/io/safetensors.h"

#include "sensorium/base/checked.h"
#include "sensorium/base/json.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>

namespace sensorium {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::string_view kMetadataKey = "__metadata__";

struct DTypeInfo {
  std::string_view name;
  size_t size;
};
constexpr std::array<DTypeInfo, 17> kDTypes = {{{"BOOL", 1},
                                                {"U8", 1},
                                                {"I8", 1},
                                                {"F8_E5M2", 1},
                                                {"F8_E4M3", 1},
                                                {"F8_E8M0", 1},
                                                {"I16", 2},
                                                {"U16", 2},
                                                {"F16", 2},
                                                {"BF16", 2},
                                                {"I32", 4},
                                                {"U32", 4},
                                                {"F32", 4},
                                                {"C64", 8},
                                                {"F64", 8},
                                                {"I64", 8},
                                                {"U64", 8}}};

template <class... A>
[[noreturn]] void fail(const std::string& source, fmt::format_string<A...> detail, A&&... args) {
  throw InputError("safetensors", "{}: {}", source, fmt::format(detail, std::forward<A>(args)...));
}

/// Parses the header; nlohmann keeps the last of repeated keys, so they are caught as they pass by.
Json parse_header(std::string_view text, const std::string& source) {
  std::set<std::string> names;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > 4) fail(source, "expected a header nested at most 4 deep, got more");
    if (event == Json::parse_event_t::key && depth == 1 && !names.insert(parsed.get<std::string>()).second)
      fail(source, "expected each tensor once, got \"{}\" twice", parsed.get<std::string>());
    return true;
  };
  try {
    Json header = Json::parse(text, watch);
    if (!header.is_object()) fail(source, "expected a JSON object as header, got {}", header.type_name());
    return header;
  } catch (const Json::parse_error& e) {
    fail(source, "expected a JSON header, got a fault at its byte {}", e.byte);
  } catch (const Json::out_of_range&) {
    fail(source, "expected numbers that a double holds in its header, got a larger one");
  }
}

SafeDType parse_dtype(const Json& entry, const std::string& name, const std::string& source) {
  const auto it = entry.find("dtype");
  if (it == entry.end() || !it->is_string()) fail(source, "expected a dtype for \"{}\", got none", name);
  const auto& text = it->get_ref<const std::string&>();
  for (size_t i = 0; i < kDTypes.size(); ++i)
    if (kDTypes[i].name == text) return static_cast<SafeDType>(i);
  fail(source, "expected a known dtype for \"{}\", got \"{}\"", name, text);
}

/// entry[key] as a list of whole numbers from 0 to 2^63-1.
std::vector<int64_t> parse_sizes(const Json& entry, const char* key, const std::string& name,
                                 const std::string& source) {
  const auto it = entry.find(key);
  if (it == entry.end() || !it->is_array()) fail(source, "expected a list as {} of \"{}\", got none", key, name);
  std::vector<int64_t> sizes;
  for (const Json& v : *it) {
    if (!v.is_number_unsigned() || v.get<uint64_t>() > uint64_t{INT64_MAX})
      fail(source, "expected whole numbers below 2^63 as {} of \"{}\", got {}", key, name, v.dump());
    sizes.push_back(v.get<int64_t>());
  }
  return sizes;
}

struct Entry {
  uint64_t begin, end;
  std::string name;
  auto operator<=>(const Entry&) const = default;
};

/// Bytes of a tensor of that shape; an overflow names the tensor.
uint64_t bytes_of(const TensorView& view, const std::string& name, const std::string& source) {
  try {
    return checked_mul(checked_numel(view.shape, "shape"), dtype_size(view.dtype), "shape");
  } catch (const InputError&) {
    fail(source, "expected a shape of less than 2^64 bytes for \"{}\", got [{}]", name, fmt::join(view.shape, ", "));
  }
}

Entry parse_entry(const std::string& name, const Json& json, std::span<const std::byte> data, TensorView& view,
                  const std::string& source) {
  if (!json.is_object()) fail(source, "expected an object for \"{}\", got {}", name, json.type_name());
  view.dtype = parse_dtype(json, name, source);
  view.shape = parse_sizes(json, "shape", name, source);
  const std::vector<int64_t> offsets = parse_sizes(json, "data_offsets", name, source);
  if (offsets.size() != 2) fail(source, "expected two data_offsets for \"{}\", got {}", name, offsets.size());
  const uint64_t begin = static_cast<uint64_t>(offsets[0]), end = static_cast<uint64_t>(offsets[1]);
  if (begin > end) fail(source, "expected data_offsets in order for \"{}\", got [{}, {}]", name, begin, end);
  if (end > data.size())
    fail(source, "expected \"{}\" within {} bytes of data, got data_offsets [{}, {}]", name, data.size(), begin, end);
  const uint64_t expected = bytes_of(view, name, source);
  if (expected != end - begin)
    fail(source, "expected {} bytes for \"{}\" ({} [{}]), got {}", expected, name, dtype_name(view.dtype),
         fmt::join(view.shape, ", "), end - begin);
  view.data = data.subspan(begin, end - begin);
  return {begin, end, name};
}

void check_contiguous(std::vector<Entry> entries, uint64_t data_bytes, const std::string& source) {
  std::sort(entries.begin(), entries.end());
  uint64_t at = 0;
  for (const Entry& e : entries) {
    if (e.begin < at) fail(source, "expected \"{}\" to start at byte {}, got {}: tensors overlap", e.name, at, e.begin);
    if (e.begin > at)
      fail(source, "expected \"{}\" to start at byte {}, got {}: a hole between tensors", e.name, at, e.begin);
    at = e.end;
  }
  if (at != data_bytes) fail(source, "expected {} bytes of data, got {}", at, data_bytes);
}

StringMap parse_metadata(const Json& json, const std::string& source) {
  if (!json.is_object()) fail(source, "expected an object as __metadata__, got {}", json.type_name());
  StringMap metadata;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) fail(source, "expected text as __metadata__ \"{}\", got {}", key, value.type_name());
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

/// Pointers to the tensors in file order, after checking them.
std::vector<const std::pair<std::string, TensorView>*> in_file_order(const NamedTensors& tensors,
                                                                     const std::string& file) {
  std::vector<const std::pair<std::string, TensorView>*> order;
  std::set<std::string_view> names;
  for (const auto& tensor : tensors) {
    const auto& [name, view] = tensor;
    if (name == kMetadataKey || !names.insert(name).second)
      throw UsageError("safetensors", "{}: expected each tensor under its own name, got \"{}\" {}", file, name,
                       name == kMetadataKey ? "(reserved)" : "twice");
    if (const uint64_t expected = bytes_of(view, name, file); expected != view.data.size())
      throw UsageError("safetensors", "{}: expected {} bytes for \"{}\", got {}", file, expected, name,
                       view.data.size());
    order.push_back(&tensor);
  }
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) {
    if (a->second.dtype != b->second.dtype) return a->second.dtype > b->second.dtype;
    return a->first < b->first;
  });
  return order;
}

}  // namespace

std::string_view dtype_name(SafeDType dtype) {
  return kDTypes[static_cast<size_t>(dtype)].name;
}
size_t dtype_size(SafeDType dtype) {
  return kDTypes[static_cast<size_t>(dtype)].size;
}

TensorView TensorView::of(const float* data, std::vector<int64_t> shape) {
  const size_t n = checked_numel(shape, "safetensors");
  return {SafeDType::F32, std::move(shape), std::as_bytes(std::span(data, n))};
}

SafetensorsFile::SafetensorsFile(const fs::path& path) : file_(path) {
  const std::string source = path.string();
  const std::span<const std::byte> bytes = file_.bytes();
  uint64_t header_bytes = 0;
  if (bytes.size() < sizeof header_bytes) fail(source, "expected a header length of 8 bytes, got {}", bytes.size());
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  if (header_bytes > kMaxHeaderBytes)
    fail(source, "expected a header of at most {} bytes, got {}", kMaxHeaderBytes, header_bytes);
  if (header_bytes > bytes.size() - sizeof header_bytes)
    fail(source, "expected a header of {} bytes, got a file of {}", header_bytes, bytes.size());
  const auto* text = reinterpret_cast<const char*>(bytes.data() + sizeof header_bytes);
  const Json header = parse_header({text, header_bytes}, source);
  const std::span<const std::byte> data = bytes.subspan(sizeof header_bytes + header_bytes);

  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name == kMetadataKey)
      metadata_ = parse_metadata(json, source);
    else
      entries.push_back(parse_entry(name, json, data, tensors_[name], source));
  }
  check_contiguous(std::move(entries), data.size(), source);
}

const TensorView& SafetensorsFile::at(const std::string& name) const {
  const auto it = tensors_.find(name);
  if (it == tensors_.end()) fail(path().string(), "expected a tensor \"{}\", got none of that name", name);
  return it->second;
}

void write_safetensors(const fs::path& path, const NamedTensors& tensors, const StringMap& metadata) {
  const auto order = in_file_order(tensors, path.string());
  OrderedJson header = OrderedJson::object();
  if (!metadata.empty()) header[std::string(kMetadataKey)] = metadata;
  uint64_t at = 0;
  for (const auto* tensor : order) {
    const auto& [name, view] = *tensor;
    OrderedJson& entry = header.emplace(name, OrderedJson::object()).first.value();
    entry["dtype"] = dtype_name(view.dtype);
    entry["shape"] = view.shape;
    entry["data_offsets"] = {at, at + view.data.size()};
    at += view.data.size();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t header_bytes = text.size();

  AtomicFile file(path);
  file.write(&header_bytes, sizeof header_bytes);
  file.write(text);
  for (const auto* tensor : order) file.write(tensor->second.data.data(), tensor->second.data.size());
  file.commit();
}

}  // namespace sensorium
