#include "sensorium/io/image_tiff_file.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace sensorium::image_detail {
namespace {

tmsize_t read_bytes(thandle_t handle, void* out, tmsize_t n) {
  auto& s = *static_cast<TiffSource*>(handle);
  const uint64_t left = s.at < s.bytes.size() ? s.bytes.size() - s.at : 0;
  const auto count = std::min<uint64_t>(left, static_cast<uint64_t>(std::max<tmsize_t>(n, 0)));
  if (count > 0) std::memcpy(out, s.bytes.data() + s.at, count);
  s.at += count;
  return static_cast<tmsize_t>(count);
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  auto& s = *static_cast<TiffSource*>(handle);
  s.at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? s.at + offset : s.bytes.size() + offset;
  return s.at;
}

int map_bytes(thandle_t handle, void** base, toff_t* size) {
  auto& s = *static_cast<TiffSource*>(handle);
  *base = const_cast<std::byte*>(s.bytes.data());
  *size = s.bytes.size();
  return 1;
}

int keep_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  auto& message = static_cast<TiffSource*>(user)->message;
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  if (message.empty()) message = text;
  return 1;
}

}  // namespace

TiffFile open_tiff(const Request& request, TiffSource& source) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  constexpr tmsize_t kMaxAllocation = tmsize_t{1} << 30;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxAllocation);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_error, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(
      options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
  TiffFile file(
      TIFFClientOpenExt(
          "", "r", &source, read_bytes, [](thandle_t, void*, tmsize_t) { return tmsize_t{0}; }, seek,
          [](thandle_t) { return 0; }, [](thandle_t h) { return toff_t{static_cast<TiffSource*>(h)->bytes.size()}; },
          map_bytes, [](thandle_t, void*, toff_t) {}, options.get()),
      TIFFClose);
  if (!file) request.fail("expected a TIFF file that decodes, got: {}", source.message);
  return file;
}

}  // namespace sensorium::image_detail
