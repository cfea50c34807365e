// What the end of a transfer means: done, again, or never.
#include "sensorium/data/download_transfer.h"

namespace sensorium {
namespace {

bool may_work_later(int http) {
  return http == 408 || http == 425 || http == 429 || (http >= 500 && http != 501 && http != 505);
}

}  // namespace

TransferOutcome Transfer::classify_status(int http) const {
  if (http == 416) return {TransferOutcome::again, DownloadReason::wrong_range, http, -1, true, false};
  curl_off_t wait = 0;
  curl_easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &wait);
  return {may_work_later(http) ? TransferOutcome::again : TransferOutcome::failed,
          DownloadReason::http_status,
          http,
          wait > 0 ? static_cast<double>(wait) : -1,
          false,
          false};
}

TransferOutcome Transfer::classify(CURLcode code) const {
  using R = DownloadReason;
  const auto out = [](TransferOutcome::Kind kind, R reason, bool drop = false) {
    return TransferOutcome{kind, reason, 0, -1, drop, false};
  };
  constexpr auto kAgain = TransferOutcome::again;
  constexpr auto kFailed = TransferOutcome::failed;
  if (stopped_ == R::wrong_range) return out(kAgain, stopped_, true);
  if (stopped_ != R::none) return out(kFailed, stopped_, drop_part_);
  long http = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &http);
  const bool error_answer = begun_ && !keeps_body_;
  if (error_answer && (code == CURLE_OK || code == CURLE_WRITE_ERROR || code == CURLE_PARTIAL_FILE))
    return classify_status(static_cast<int>(http));
  switch (code) {
    case CURLE_OK:
      if (!keeps_body_) return classify_status(static_cast<int>(http));
      if (total_known_ && size_ != total_) return out(kAgain, R::truncated);
      return size_ == 0 ? out(kFailed, R::empty, true) : out(TransferOutcome::complete, R::none);
    case CURLE_COULDNT_RESOLVE_HOST:
      return out(kAgain, R::resolve);
    case CURLE_COULDNT_CONNECT:
      return refused_private_ ? out(kFailed, R::private_address, true) : out(kAgain, R::connect);
    case CURLE_OPERATION_TIMEDOUT:
      return out(kAgain, R::timeout);
    case CURLE_PARTIAL_FILE:
      return out(kAgain, R::truncated);
    case CURLE_SSL_CONNECT_ERROR:
      return out(kAgain, R::tls);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
      return out(kFailed, R::tls);
    case CURLE_TOO_MANY_REDIRECTS:
      return out(kFailed, R::redirects);
    case CURLE_FILESIZE_EXCEEDED:
      return out(kFailed, R::too_large, true);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return out(kFailed, R::protocol);
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED:
      return out(kFailed, R::bad_address);
    default:
      return out(kAgain, R::connection);
  }
}

}  // namespace sensorium
