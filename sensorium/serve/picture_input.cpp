#include "sensorium/serve/picture_input.h"

#include "sensorium/base/base64.h"
#include "sensorium/data/download_address.h"
#include "sensorium/data/download_transfer.h"
#include "sensorium/serve/json_schema.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>

namespace sensorium {
namespace {

struct HandleCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

/// A file that is gone when this is.
struct TemporaryFile {
  TemporaryFile() {
    static std::atomic<uint64_t> count{0};
    path = fs::temp_directory_path() / fmt::format("sensorium-fetch-{}-{}", ::getpid(), count.fetch_add(1));
  }
  ~TemporaryFile() { remove_part(path); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  fs::path path;
};

[[noreturn]] void refuse_address(const std::string& param, const std::string& what) {
  throw ApiError(400, fmt::format("{}: expected the public address of a picture, got {}", param, what),
                 "invalid_image_url", param);
}

std::string fetch(const std::string& address, const std::string& param, const PictureInputOptions& options,
                  const RequestContext& context) {
  std::string fault;
  const auto parsed = parse_web_address(address, fault);
  if (!parsed) refuse_address(param, fault);
  TransferLimits limits;
  limits.max_bytes = options.max_bytes;
  limits.connect_timeout_s = 5;
  limits.stall_s = 5;
  limits.max_redirects = 3;
  limits.max_time_s = static_cast<int>(std::clamp(context.seconds_left(), 1.0, 15.0));
  limits.types = {"image/*"};
  limits.user_agent = "sensorium-serve";
  const TemporaryFile file;
  const std::unique_ptr<CURL, HandleCleanup> handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  Transfer transfer(handle.get(), parsed->url, file.path, limits, false);
  const TransferOutcome outcome = transfer.finish(curl_easy_perform(handle.get()));
  context.check();
  if (outcome.kind != TransferOutcome::complete)
    refuse_address(param, fmt::format("one that failed ({})", reason_text(outcome.reason)));
  return read_file(file.path, options.max_bytes);
}

}  // namespace

OrderedJson picture_schema(bool fetch) {
  return string_schema(fetch ? "a picture: an http(s) address, a data: address or base64 of a file"
                             : "a picture: a data: address or base64 of a file");
}

std::string read_picture(const std::string& text, const std::string& param, const PictureInputOptions& options,
                         const RequestContext& context) {
  if (text.starts_with("http://") || text.starts_with("https://")) {
    if (!options.fetch)
      throw ApiError(400, param + ": expected a data: address or base64 (this server fetches no addresses), got one",
                     "fetching_is_off", param);
    return fetch(text, param, options, context);
  }
  std::string_view encoded = text;
  if (encoded.starts_with("data:")) {
    const size_t comma = encoded.find(',');
    if (comma == std::string_view::npos || !encoded.substr(0, comma).ends_with(";base64"))
      throw ApiError(400, param + ": expected data:image/...;base64,..., got another data: address", "invalid_image",
                     param);
    encoded.remove_prefix(comma + 1);
  }
  std::string bytes;
  try {
    bytes = base64_decode(encoded, param);
  } catch (const InputError& e) {
    throw ApiError(400, e.what(), "invalid_image", param);
  }
  if (bytes.empty()) throw ApiError(400, param + ": expected a picture, got no bytes", "invalid_image", param);
  return bytes;
}

}  // namespace sensorium
