#include "sensorium/data/spill.h"

#include <cerrno>
#include <cstring>

namespace sensorium {
namespace {

[[noreturn]] void fail(const char* what) {
  throw EnvironmentError("data prepare", "expected to {} a temporary file, got: {}", what, std::strerror(errno));
}

}  // namespace

RecordSpill::RecordSpill() : file_(std::tmpfile()) {
  if (!file_) fail("open");
}

void RecordSpill::add(const Record& record) {
  std::string text;
  append_json(text, record);
  add_json(text);
}

void RecordSpill::add_json(std::string_view text) {
  if (position_ != offsets_.back() && ::fseeko(file_.get(), static_cast<off_t>(offsets_.back()), SEEK_SET) != 0)
    fail("seek in");
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail("write");
  position_ = offsets_.back() + text.size();
  offsets_.push_back(position_);
}

Record RecordSpill::read(size_t index) {
  SENSORIUM_ASSERT(index < size());
  std::string text(offsets_[index + 1] - offsets_[index], '\0');
  if (::fseeko(file_.get(), static_cast<off_t>(offsets_[index]), SEEK_SET) != 0) fail("seek in");
  if (std::fread(text.data(), 1, text.size(), file_.get()) != text.size()) fail("read");
  position_ = offsets_[index + 1];
  return record_from_json(parse_json(text, "temporary file"), "temporary file");
}

}  // namespace sensorium
