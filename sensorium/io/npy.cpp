#include "sensorium/io/npy.h"

#include "sensorium/base/checked.h"

#include <charconv>

namespace sensorium {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kHeaderBytes = 128;  // of what is written here, whatever the shape

/// Magic, version 1.0, length, and the description padded with spaces.
std::string make_header(uint64_t rows, size_t columns) {
  std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  text.resize(kHeaderBytes - 10 - 1, ' ');
  const size_t length = text.size() + 1;
  std::string header(kMagic);
  header += {'\x01', '\x00', static_cast<char>(length & 0xff), static_cast<char>(length >> 8)};
  return header + text + '\n';
}

template <class... A>
[[noreturn]] void fail(const fs::path& path, fmt::format_string<A...> detail, A&&... args) {
  throw InputError("npy", "{}: {}", path.string(), fmt::format(detail, std::forward<A>(args)...));
}

SafeDType parse_descr(const std::string& descr, const fs::path& path) {
  static const std::map<std::string, SafeDType> types = {
      {"<f4", SafeDType::F32}, {"<f8", SafeDType::F64}, {"<f2", SafeDType::F16}, {"<i8", SafeDType::I64},
      {"<i4", SafeDType::I32}, {"<i2", SafeDType::I16}, {"|i1", SafeDType::I8},  {"|u1", SafeDType::U8},
      {"<u2", SafeDType::U16}, {"<u4", SafeDType::U32}, {"<u8", SafeDType::U64}, {"|b1", SafeDType::BOOL}};
  const auto it = types.find(descr);
  if (it == types.end()) fail(path, "expected little-endian numbers, got descr '{}'", descr);
  return it->second;
}

std::vector<int64_t> parse_shape(const std::string& text, const fs::path& path) {
  std::vector<int64_t> shape;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    int64_t size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size < 0) fail(path, "expected a shape of whole numbers, got ({})", text);
    shape.push_back(size);
    at = next;
  }
  return shape;
}

/// The description between the magic and the data, and where the data starts.
std::pair<std::string, size_t> read_header(std::span<const std::byte> bytes, const fs::path& path) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (all.size() < 12 || all.substr(0, kMagic.size()) != kMagic) fail(path, "expected a .npy file, got other content");
  const int version = all[6];
  if (version < 1 || version > 3) fail(path, "expected .npy version 1 to 3, got {}", version);
  const size_t length_bytes = version == 1 ? 2 : 4, start = 8 + length_bytes;
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) length |= size_t{static_cast<uint8_t>(all[8 + i])} << 8 * i;
  if (length > all.size() - start || length > 65536)
    fail(path, "expected a header within {} bytes, got one of {}", std::min<size_t>(all.size() - start, 65536), length);
  return {std::string(all.substr(start, length)), start + length};
}

/// What stands between `open` and `close` after the key.
std::string find_value(const std::string& header, const std::string& key, std::string_view open, std::string_view close,
                       const fs::path& path) {
  const std::string start = "'" + key + "': ";
  size_t from = header.find(start);
  if (from != std::string::npos) from += start.size();
  if (from != std::string::npos && header.compare(from, open.size(), open) == 0) {
    from += open.size();
    if (const size_t to = header.find(close, from); to != std::string::npos) return header.substr(from, to - from);
  }
  fail(path, "expected a {} in the header, got none", key);
}

}  // namespace

NpyWriter::NpyWriter(const fs::path& path, size_t columns) : file_(path), columns_(columns) {
  SENSORIUM_ASSERT(columns > 0);
  file_.write(make_header(0, columns));
}

void NpyWriter::write_rows(std::span<const float> values) {
  SENSORIUM_ASSERT(values.size() % columns_ == 0);
  file_.write(values.data(), values.size_bytes());
  values_ += values.size();
}

void NpyWriter::commit() {
  const std::string header = make_header(values_ / columns_, columns_);
  file_.write_at(0, header.data(), header.size());
  file_.commit();
}

NpyFile::NpyFile(const fs::path& path) : file_(path) {
  const auto [header, start] = read_header(file_.bytes(), path);
  tensor_.dtype = parse_descr(find_value(header, "descr", "'", "'", path), path);
  tensor_.shape = parse_shape(find_value(header, "shape", "(", ")", path), path);
  if (find_value(header, "fortran_order", "", ",", path) != "False" && tensor_.shape.size() > 1)
    fail(path, "expected a row-major array, got a column-major one");
  tensor_.data = file_.bytes().subspan(start);
  uint64_t expected = 0;
  try {
    expected = checked_mul(checked_numel(tensor_.shape, "npy"), dtype_size(tensor_.dtype), "npy");
  } catch (const InputError&) {
    fail(path, "expected a shape of less than 2^64 bytes, got ({})", fmt::join(tensor_.shape, ", "));
  }
  if (expected != tensor_.data.size()) fail(path, "expected {} bytes of data, got {}", expected, tensor_.data.size());
}

}  // namespace sensorium
