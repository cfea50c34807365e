#include "sensorium/apps/embedding_file.h"

#include "sensorium/base/json.h"

namespace sensorium {
namespace {

constexpr size_t kFlushBytes = size_t{64} << 10;

std::string escaped(const std::string& id) {
  std::string out;
  for (const char c : id) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\\')
      out += "\\\\";
    else
      out += c;
  }
  return out;
}

}  // namespace

EmbeddingWriter::EmbeddingWriter(const fs::path& path, int64_t width) : width_(width) {
  const std::string extension = path.extension().string();
  if (extension != ".npy" && extension != ".jsonl")
    throw UsageError("sensorium embed", "expected --output to end in .npy or .jsonl, got \"{}\"", path.string());
  if (extension == ".npy") array_ = std::make_unique<NpyWriter>(path, static_cast<size_t>(width));
  lines_ = std::make_unique<AtomicFile>(array_ ? fs::path(path).replace_extension(".ids.txt") : path);
}

void EmbeddingWriter::add(const EmbeddedItem& item, std::span<const float> row) {
  SENSORIUM_ASSERT(static_cast<int64_t>(row.size()) == width_);
  if (array_) {
    array_->write_rows(row);
    buffer_ += escaped(item.id) + "\n";
  } else {
    buffer_ += OrderedJson{{"id", item.id}, {"type", item.kind}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    buffer_.pop_back();
    buffer_ += fmt::format(",\"embedding\":[{}]}}\n", fmt::join(row, ","));
  }
  ++count_;
  if (buffer_.size() >= kFlushBytes) flush();
}

void EmbeddingWriter::flush() {
  lines_->write(buffer_);
  buffer_.clear();
}

void EmbeddingWriter::commit() {
  flush();
  if (array_) array_->commit();
  lines_->commit();
}

}  // namespace sensorium
