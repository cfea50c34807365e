#include "sensorium/data/tar.h"

#include "sensorium/base/checked.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace sensorium {
namespace {

constexpr size_t kBlock = 512;
constexpr uint64_t kLongestName = 64 << 10;
// Fields of a header: offset and size.
struct Field {
  size_t at, size;
};
constexpr Field kName{0, 100}, kSize{124, 12}, kChecksum{148, 8}, kMagic{257, 6}, kPrefix{345, 155};
constexpr size_t kType = 156;

std::string_view field(std::string_view block, Field f) {
  return block.substr(f.at, f.size);
}

std::string_view text_field(std::string_view block, Field f) {
  const std::string_view text = field(block, f);
  return text.substr(0, text.find('\0'));
}

/// An octal number, or GNU's base 256. Nothing when it is neither.
std::optional<uint64_t> number_field(std::string_view text) {
  if (text[0] & 0x80) {
    uint64_t value = text[0] & 0x7f;
    for (const char c : text.substr(1)) {
      if (value >> 55) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return 0;
  text = text.substr(begin);
  text = text.substr(0, text.find_first_of(std::string_view(" \0", 2)));
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size())
    return text.empty() ? std::optional(value) : std::nullopt;
  return value;
}

/// Sum of the header's bytes with its checksum read as blanks.
uint64_t checksum_of(std::string_view block) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i)
    sum += i >= kChecksum.at && i < kChecksum.at + kChecksum.size ? ' ' : static_cast<unsigned char>(block[i]);
  return sum;
}

/// What the records "12 key=value\n" of a pax header say that matters here.
struct Pax {
  std::optional<std::string> path;
  std::optional<uint64_t> size;
};

Pax parse_pax(std::string_view text, const std::string& where) {
  Pax pax;
  while (!text.empty()) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const size_t digits = static_cast<size_t>(end - text.data());
    if (error != std::errc() || digits == text.size() || *end != ' ' || length <= digits + 1 || length > text.size() ||
        text[length - 1] != '\n')
      throw InputError("tar", "{}: expected pax records, got something else", where);
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    const size_t equals = record.find('=');
    const std::string_view key = record.substr(0, equals),
                           value = equals == record.npos ? "" : record.substr(equals + 1);
    if (key == "path") pax.path = std::string(value);
    if (key == "size") {
      uint64_t size = 0;
      const auto [last, wrong] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (wrong != std::errc() || last != value.data() + value.size())
        throw InputError("tar", "{}: expected a size in a pax record, got something else", where);
      pax.size = size;
    }
    text.remove_prefix(length);
  }
  return pax;
}

class Reader {
 public:
  Reader(std::string_view archive, std::string_view name) : archive_(archive), name_(name) {}

  void run(const std::function<bool(const TarMember&)>& member) {
    while (at_ + kBlock <= archive_.size()) {
      const std::string_view block = archive_.substr(at_, kBlock);
      if (std::all_of(block.begin(), block.end(), [](char c) { return c == 0; })) return;
      if (!take(block, member)) return;
    }
    if (at_ < archive_.size()) throw InputError("tar", "{}: expected a header, got the end", where());
  }

 private:
  std::string where() const { return fmt::format("{} at byte {}", name_, at_); }

  /// One header with its bytes. False when `member` wants no more.
  bool take(std::string_view block, const std::function<bool(const TarMember&)>& member) {
    const auto checksum = number_field(field(block, kChecksum));
    if (!checksum || *checksum != checksum_of(block)) wrong_header();
    const char type = block[kType];
    const auto stated = number_field(field(block, kSize));
    if (!stated) throw InputError("tar", "{}: expected a size, got something else", where());
    const bool has_long_size = pax_.size && type != 'x' && type != 'g' && type != 'L' && type != 'K';
    const uint64_t size = has_long_size ? *pax_.size : *stated;
    const uint64_t offset = at_ + kBlock;
    if (size > archive_.size() - offset)
      throw InputError("tar", "{}: expected {} bytes, got {}", where(), size, archive_.size() - offset);
    const std::string_view bytes = archive_.substr(offset, size);
    bool more = true;
    if (type == 'L' || type == 'x' || type == 'K' || type == 'g') {
      take_extension(type, bytes);
    } else {
      if (type == '0' || type == '\0' || type == '7') more = member({name_of(block), offset, size});
      pax_ = {};
    }
    at_ = std::min<uint64_t>(offset + (size + kBlock - 1) / kBlock * kBlock, archive_.size());
    return more;
  }

  void take_extension(char type, std::string_view bytes) {
    if (bytes.size() > kLongestName)
      throw InputError("tar", "{}: expected a name of at most {} bytes, got {}", where(), kLongestName, bytes.size());
    if (type == 'L') pax_.path = std::string(bytes.substr(0, bytes.find('\0')));
    if (type == 'x') pax_ = parse_pax(bytes, where());
  }

  std::string name_of(std::string_view block) const {
    if (pax_.path) return *pax_.path;
    const std::string name(text_field(block, kName));
    if (field(block, kMagic) != std::string_view("ustar\0", 6)) return name;
    const std::string_view prefix = text_field(block, kPrefix);
    return prefix.empty() ? name : fmt::format("{}/{}", prefix, name);
  }

  [[noreturn]] void wrong_header() const {
    const std::string_view head = archive_.substr(0, 6);
    const bool compressed = head.starts_with("\x1f\x8b") || head.starts_with("BZh") ||
                            head.starts_with("\xfd\x37zXZ") || head.starts_with("\x28\xb5\x2f\xfd");
    throw InputError(
        "tar", "{}: expected {}, got {}", where(), at_ ? "a header" : "an uncompressed tar archive",
        compressed && !at_ ? "a compressed one (unpack it first: pictures are read in any order)" : "a wrong checksum");
  }

  std::string_view archive_, name_;
  uint64_t at_ = 0;
  Pax pax_;  // for the next header
};

void put_octal(std::array<char, kBlock>& header, Field f, uint64_t value) {
  const std::string digits = fmt::format("{:0{}o}", value, f.size - 1);
  std::copy_n(digits.data(), f.size - 1, header.data() + f.at);
}

/// "LENGTH key=value\n", where LENGTH counts its own digits too.
std::string pax_record(std::string_view key, std::string_view value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) length = std::to_string(length).size() + rest;
  return fmt::format("{} {}={}\n", length, key, value);
}

}  // namespace

void for_each_tar_member(std::string_view archive, std::string_view name,
                         const std::function<bool(const TarMember&)>& member) {
  Reader(archive, name).run(member);
}

void for_each_tar_member(const fs::path& archive, const std::function<bool(const TarMember&)>& member) {
  const MappedFile map(archive);
  for_each_tar_member({reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()}, archive.string(),
                      member);
}

uint64_t TarWriter::add(const std::string& name, std::string_view bytes) {
  if (name.empty()) throw UsageError("tar", "expected a name for a member, got none");
  constexpr uint64_t kLargest = (uint64_t{1} << 33) - 1;  // eleven octal digits
  std::string extended;
  if (name.size() > kName.size) extended += pax_record("path", name);
  if (bytes.size() > kLargest) extended += pax_record("size", std::to_string(bytes.size()));
  if (!extended.empty()) add_entry("pax", 'x', extended);
  add_entry(name.substr(0, kName.size), '0', bytes);
  return file_.size() - (bytes.size() + kBlock - 1) / kBlock * kBlock;
}

void TarWriter::add_entry(const std::string& name, char type, std::string_view bytes) {
  std::array<char, kBlock> header{};
  std::copy_n(name.data(), name.size(), header.data());
  put_octal(header, {100, 8}, 0644);
  put_octal(header, {108, 8}, 0);
  put_octal(header, {116, 8}, 0);
  put_octal(header, kSize, std::min<uint64_t>(bytes.size(), (uint64_t{1} << 33) - 1));
  put_octal(header, {136, 12}, 0);
  header[kType] = type;
  std::copy_n("ustar\00000", 8, header.data() + kMagic.at);
  put_octal(header, {kChecksum.at, 7}, checksum_of({header.data(), kBlock}));
  header[kChecksum.at + 7] = ' ';
  file_.write(header.data(), kBlock);
  file_.write(bytes);
  if (const size_t rest = bytes.size() % kBlock; rest) file_.write(std::string(kBlock - rest, '\0'));
}

void TarWriter::commit() {
  file_.write(std::string(2 * kBlock, '\0'));
  file_.commit();
}

}  // namespace sensorium
