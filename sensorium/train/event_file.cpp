#include "sensorium/train/event_file.h"

#include "sensorium/base/error.h"
#include "sensorium/train/append_file.h"

#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <optional>

// Note: the format. A record is: length (uint64), masked CRC of those 8 bytes, data, masked CRC of the data. Data is an
// Event message (tensorflow/core/util/event.proto): 1 wall_time double, 2 step int64, 3 file_version string, 5 summary
// { 1 value { 1 tag string, 2 simple_value float } }. Integers are little-endian, as are all machines this runs on.

namespace sensorium {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr const char* kFileVersion = "brain.Event:2";

constexpr std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = c & 1 ? 0x82F63B78u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 128; value >>= 7) out.push_back(static_cast<char>(value | 128));
  out.push_back(static_cast<char>(value));
}

void put_key(std::string& out, int field, int wire_type) {
  put_varint(out, static_cast<uint64_t>(field << 3 | wire_type));
}

void put_bytes(std::string& out, int field, std::string_view bytes) {
  put_key(out, field, 2);
  put_varint(out, bytes.size());
  out += bytes;
}

std::string encode(const Event& event) {
  std::string out, summary;
  put_key(out, 1, 1);
  put(out, event.wall_time);
  put_key(out, 2, 0);
  put_varint(out, static_cast<uint64_t>(event.step));
  if (!event.file_version.empty()) put_bytes(out, 3, event.file_version);
  for (const auto& [tag, number] : event.scalars) {
    std::string value;
    put_bytes(value, 1, tag);
    put_key(value, 2, 5);
    put(value, number);
    put_bytes(summary, 1, value);
  }
  if (!summary.empty()) put_bytes(out, 5, summary);
  return out;
}

std::string frame(const Event& event) {
  const std::string data = encode(event);
  std::string out;
  put(out, static_cast<uint64_t>(data.size()));
  put(out, masked_crc32c(out));
  out += data;
  put(out, masked_crc32c(data));
  return out;
}

/// Walks the fields of a message.
class Fields {
 public:
  Fields(std::string_view bytes, const fs::path& path) : bytes_(bytes), path_(path) {}
  /// Reads the next key; false at the end.
  bool next() {
    if (at_ == bytes_.size()) return false;
    const uint64_t key = varint();
    field = static_cast<int>(key >> 3);
    wire_type = static_cast<int>(key & 7);
    if (wire_type == 0)
      number = varint();
    else
      content = take(wire_type == 1 ? 8 : wire_type == 5 ? 4 : wire_type == 2 ? varint() : fail());
    return true;
  }
  template <class T>
  T fixed() const {
    T value{};
    if (content.size() != sizeof value) fail();
    std::memcpy(&value, content.data(), sizeof value);
    return value;
  }
  int field = 0, wire_type = 0;
  uint64_t number = 0;
  std::string_view content;

 private:
  [[noreturn]] uint64_t fail() const {
    throw InputError("tensorboard", "{}: expected an Event message, got broken fields", path_.string());
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint8_t>(take(1)[0]);
      value |= uint64_t{byte & 127u} << shift;
      if (byte < 128) return value;
    }
    fail();
  }
  std::string_view take(uint64_t n) {
    if (n > bytes_.size() - at_) fail();
    const auto part = bytes_.substr(at_, n);
    at_ += n;
    return part;
  }
  std::string_view bytes_;
  const fs::path& path_;
  size_t at_ = 0;
};

std::pair<std::string, float> decode_value(std::string_view bytes, const fs::path& path) {
  std::pair<std::string, float> value;
  for (Fields f(bytes, path); f.next();) {
    if (f.field == 1) value.first = f.content;
    if (f.field == 2) value.second = f.fixed<float>();
  }
  return value;
}

Event decode(std::string_view bytes, const fs::path& path) {
  Event event;
  for (Fields f(bytes, path); f.next();) {
    if (f.field == 1) event.wall_time = f.fixed<double>();
    if (f.field == 2) event.step = static_cast<int64_t>(f.number);
    if (f.field == 3) event.file_version = f.content;
    if (f.field != 5) continue;
    for (Fields s(f.content, path); s.next();)
      if (s.field == 1) event.scalars.push_back(decode_value(s.content, path));
  }
  return event;
}

/// The data of the record at `at`, which moves past it; nothing when the rest is shorter than a record.
std::optional<std::string_view> next_record(std::string_view all, size_t& at, const fs::path& path) {
  const std::string_view rest = all.substr(at);
  uint64_t length = 0;
  uint32_t length_crc = 0, data_crc = 0;
  if (rest.size() < 12) return std::nullopt;
  std::memcpy(&length, rest.data(), 8);
  std::memcpy(&length_crc, rest.data() + 8, 4);
  if (length_crc != masked_crc32c(rest.substr(0, 8)))
    throw InputError("tensorboard", "{}: expected a record at byte {}, got a wrong checksum", path.string(), at);
  if (rest.size() - 12 < 4 || length > rest.size() - 16) return std::nullopt;
  const std::string_view data = rest.substr(12, length);
  std::memcpy(&data_crc, rest.data() + 12 + length, 4);
  if (data_crc != masked_crc32c(data))
    throw InputError("tensorboard", "{}: expected a whole record at byte {}, got a wrong checksum", path.string(), at);
  at += 16 + length;
  return data;
}

/// Bytes at the start of the file whose events are of steps up to `last_step`.
size_t length_up_to(std::string_view all, int64_t last_step, const fs::path& path) {
  size_t at = 0, kept = 0;
  while (const auto data = next_record(all, at, path)) {
    if (decode(*data, path).step > last_step) break;
    kept = at;
  }
  return kept;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

fs::path find_event_file(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("events.out.tfevents.")) return entry.path();
  return folder / fmt::format("events.out.tfevents.{:.0f}.sensorium", now());
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = make_crc_table();
  uint32_t c = ~0u;
  for (const char b : bytes) c = kTable[(c ^ static_cast<uint8_t>(b)) & 255] ^ (c >> 8);
  return ~c;
}

uint32_t masked_crc32c(std::string_view bytes) {
  const uint32_t c = crc32c(bytes);
  return (c >> 15 | c << 17) + 0xA282EAD8u;
}

std::vector<Event> read_events(const fs::path& path) {
  const std::string all = read_file(path);
  std::vector<Event> events;
  size_t at = 0;
  while (const auto data = next_record(all, at, path)) events.push_back(decode(*data, path));
  return events;
}

EventWriter::EventWriter(const fs::path& folder, int64_t last_step) : path_(find_event_file(folder)) {
  const size_t kept = fs::exists(path_) ? length_up_to(read_file(path_), last_step, path_) : 0;
  truncate_file(path_, kept);
  if (kept == 0) append_to_file(path_, frame({now(), 0, kFileVersion, {}}));
}

void EventWriter::write(int64_t step, std::span<const Scalar> scalars) {
  Event event{now(), step, "", {}};
  for (const auto& [tag, value] : scalars) event.scalars.emplace_back(tag, static_cast<float>(value));
  append_to_file(path_, frame(event));
}

}  // namespace sensorium
