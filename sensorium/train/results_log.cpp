#include "sensorium/train/results_log.h"

#include "sensorium/train/append_file.h"

namespace sensorium {
namespace {

/// Bytes of the leading lines that are whole and of steps up to `last_step`.
size_t length_up_to(std::string_view all, int64_t last_step) {
  size_t kept = 0;
  for (size_t end = all.find('\n'); end != std::string_view::npos; end = all.find('\n', kept)) {
    const Json line = Json::parse(all.substr(kept, end - kept), nullptr, /*allow_exceptions=*/false);
    if (!line.is_object() || line.value("step", last_step + 1) > last_step) break;
    kept = end + 1;
  }
  return kept;
}

}  // namespace

ResultsLog::ResultsLog(const fs::path& path, int64_t last_step) : path_(path) {
  truncate_file(path_, fs::exists(path_) ? length_up_to(read_file(path_), last_step) : 0);
}

void ResultsLog::write(const OrderedJson& line) {
  append_to_file(path_, line.dump() + "\n");
}

}  // namespace sensorium
