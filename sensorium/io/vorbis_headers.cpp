#include "sensorium/io/vorbis_headers.h"

#include "sensorium/base/error.h"

#include <ogg/ogg.h>
#include <vorbis/codec.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace sensorium::sound_detail {
namespace {

constexpr size_t kBlock = 4096;
constexpr size_t kFarthest = size_t{16} << 20;
constexpr std::string_view kVorbis("\x01vorbis", 7);

/// The packets of the first stream in an Ogg file.
class FirstStream {
 public:
  explicit FirstStream(std::string_view bytes) : bytes_(bytes) { ogg_sync_init(&sync_); }
  FirstStream(const FirstStream&) = delete;
  FirstStream& operator=(const FirstStream&) = delete;
  ~FirstStream() {
    if (open_) ogg_stream_clear(&stream_);
    ogg_sync_clear(&sync_);
  }
  /// False when no whole packet follows, or a part of the stream is missing before it.
  bool next(ogg_packet& packet) {
    for (;;) {
      const int got = open_ ? ogg_stream_packetout(&stream_, &packet) : 0;
      if (got != 0) return got > 0;
      ogg_page page;
      if (!next_page(page)) return false;
      if (!open_) open(page);
      ogg_stream_pagein(&stream_, &page);  // pages of other streams are refused
    }
  }
  /// Whether another packet begins on the page of the last one.
  bool has_more() { return ogg_stream_packetpeek(&stream_, nullptr) != 0; }

 private:
  void open(const ogg_page& page) {
    ogg_stream_init(&stream_, ogg_page_serialno(&page));
    ogg_stream_reset(&stream_);  // pages may be counted from any number, as libsndfile takes it
    open_ = true;
  }
  bool next_page(ogg_page& page) {
    for (;;) {
      const int got = ogg_sync_pageout(&sync_, &page);
      if (got > 0) return true;
      if (got < 0) continue;  // bytes between pages
      const size_t n = std::min(kBlock, bytes_.size());
      if (n == 0) return false;
      std::memcpy(ogg_sync_buffer(&sync_, kBlock), bytes_.data(), n);
      ogg_sync_wrote(&sync_, static_cast<long>(n));
      bytes_.remove_prefix(n);
    }
  }
  std::string_view bytes_;
  ogg_sync_state sync_;
  ogg_stream_state stream_;
  bool open_ = false;
};

/// What the headers say.
struct Headers {
  vorbis_info info;
  vorbis_comment comment;
  Headers() {
    vorbis_info_init(&info);
    vorbis_comment_init(&comment);
  }
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  ~Headers() {
    vorbis_comment_clear(&comment);
    vorbis_info_clear(&info);
  }
};

/// What follows the ID3 tags at the start, if any (ID3 2.4, section 3.1: sizes of four times seven bits).
std::string_view without_tags(std::string_view bytes) {
  while (bytes.size() >= 10 && bytes.starts_with("ID3")) {
    size_t size = 10;
    for (size_t i = 6; i < 10; ++i) size += (static_cast<size_t>(bytes[i]) & 0x7f) << 7 * (9 - i);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  return bytes;
}

}  // namespace

void check_vorbis_headers(const fs::path& path) {
  const MappedFile file(path);
  const auto all = without_tags({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()});
  if (!all.starts_with("OggS")) return;
  FirstStream stream(all.substr(0, kFarthest));
  ogg_packet packet;
  if (!stream.next(packet)) return;
  const std::string_view first(reinterpret_cast<const char*>(packet.packet), static_cast<size_t>(packet.bytes));
  if (!first.starts_with(kVorbis)) return;
  Headers headers;
  if (packet.b_o_s && !stream.has_more())
    for (int header = 0;; ++header) {
      if (vorbis_synthesis_headerin(&headers.info, &headers.comment, &packet) != 0) break;
      if (header == 2) return;
      if (!stream.next(packet)) break;
    }
  throw InputError("sound", "{}: expected the three headers of Ogg Vorbis, got a broken one", path.string());
}

}  // namespace sensorium::sound_detail
