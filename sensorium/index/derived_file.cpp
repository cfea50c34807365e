#include "sensorium/index/derived_file.h"

#include "sensorium/base/checked.h"
#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"
#include "sensorium/index/pq_codec.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace sensorium::index {
namespace {

// Layout: kMagic; uint64 length and a JSON header; the sections in its order, each of the length it tells; 32 hex
// digits, the hash of all before. A section is rows (SlotInfo), codec, codes, structure.
constexpr const char* kMagic = "sensorium index derived 1\n";
constexpr size_t kHash = 32;
constexpr uint64_t kLargestHeader = 65536;

[[noreturn]] void broken(const fs::path& path, const char* expected) {
  throw InputError("index", "{}: expected {}, got something else", path.string(), expected);
}

std::string hash_of(std::string_view header, const std::vector<std::string>& sections) {
  std::string hashes = content_hash(header);
  for (const std::string& section : sections) hashes += content_hash(section);
  return content_hash(hashes);
}

std::string bytes_of_rows(const RowView& rows, size_t count) {
  std::string bytes(count * sizeof(SlotInfo), '\0');
  for (size_t i = 0; i < count; ++i) {
    SlotInfo info{};  // padding and all
    std::memset(static_cast<void*>(&info), 0, sizeof info);
    info.slot = rows.info(i).slot;
    info.item = rows.info(i).item;
    info.kind = rows.info(i).kind;
    std::memcpy(bytes.data() + i * sizeof info, &info, sizeof info);
  }
  return bytes;
}

std::string codes_of_rows(const RowView& rows, size_t count) {
  if (rows.codec->is_exact()) return {};
  const size_t size = rows.codec->row_bytes();
  std::string bytes(count * size, '\0');
  for (size_t i = 0; i < count; ++i) std::memcpy(bytes.data() + i * size, rows.row(i), size);
  return bytes;
}

std::shared_ptr<const RowCodec> codec_named(const std::string& name, const IndexOptions& options,
                                            const std::string& saved, const fs::path& path) {
  if (name == "pq" && options.storage == "pq") return read_pq_codec(options.width, saved);
  if (name == "int8" && options.storage != "fp32") return make_int8_codec(options.width);
  if (name == "fp32" && options.storage == "fp32") return make_fp32_codec(options.width);
  broken(path, "rows of the index's storage");
}

}  // namespace

void write_derived(const fs::path& path, const std::string& identity, const RowView& rows,
                   const RowStructure* structure) {
  const size_t count = rows.codec->is_exact() && structure ? structure->covered() : rows.count;
  const std::vector<std::string> sections = {bytes_of_rows(rows, count), rows.codec->saved(),
                                             codes_of_rows(rows, count),
                                             structure ? structure->saved() : std::string()};
  const OrderedJson header{
      {"identity", identity},
      {"rows", count},
      {"codec", rows.codec->name()},
      {"structure", structure ? structure->name() : ""},
      {"covered", structure ? structure->covered() : 0},
      {"lengths", {sections[0].size(), sections[1].size(), sections[2].size(), sections[3].size()}}};
  const std::string text = header.dump();
  const uint64_t length = text.size();
  AtomicFile file(path);
  file.write(std::string_view(kMagic));
  file.write(&length, sizeof length);
  file.write(text);
  for (const std::string& section : sections) file.write(section);
  file.write(hash_of(text, sections));
  file.commit();
}

std::optional<Derived> read_derived(const fs::path& path, const std::string& identity, const IndexOptions& options) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  const MappedFile map(path);
  std::string_view left(reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size());
  const auto take = [&](uint64_t size) {
    if (size > left.size()) broken(path, "a whole file");
    const std::string_view taken = left.substr(0, size);
    left.remove_prefix(size);
    return taken;
  };
  if (!left.starts_with(kMagic)) return std::nullopt;
  take(std::strlen(kMagic));
  uint64_t length = 0;
  std::memcpy(&length, take(sizeof length).data(), sizeof length);
  if (length > kLargestHeader) broken(path, "a header");
  const std::string text(take(length));
  const Json header = parse_json(text, path.string());
  const std::string source = path.string();
  if (json_get<std::string>(header, "identity", source) != identity) return std::nullopt;
  const auto lengths = json_get<std::vector<uint64_t>>(header, "lengths", source);
  if (lengths.size() != 4) broken(path, "four sections");
  std::vector<std::string> sections;
  for (const uint64_t size : lengths) sections.emplace_back(take(size));
  if (left.size() != kHash || hash_of(text, sections) != left) broken(path, "the hash of its content");

  Derived derived;
  derived.codec = codec_named(json_get<std::string>(header, "codec", source), options, sections[1], path);
  const auto rows = json_get<uint64_t>(header, "rows", source), covered = json_get<uint64_t>(header, "covered", source);
  const uint64_t code_bytes = derived.codec->is_exact() ? 0 : checked_mul(rows, derived.codec->row_bytes(), "index");
  if (checked_mul(rows, sizeof(SlotInfo), "index") != lengths[0] || code_bytes != lengths[2] || covered > rows)
    broken(path, "sections of its rows");
  derived.rows.resize(rows);
  std::copy_n(sections[0].data(), sections[0].size(), reinterpret_cast<char*>(derived.rows.data()));
  const auto codes = std::as_bytes(std::span(sections[2]));
  derived.codes.assign(codes.begin(), codes.end());
  const auto structure = json_get<std::string>(header, "structure", source);
  if (!structure.empty()) derived.structure = read_structure(structure, options, sections[3], covered);
  return derived;
}

}  // namespace sensorium::index
