#include "sensorium/serve/http_exchange.h"

#include "sensorium/base/log.h"

namespace sensorium {

void Exchange::work(HttpApplication& application) {
  HttpResponse result;
  bool is_gone = false;
  const ChunkWriter write = [self = shared_from_this()](std::string_view piece) {
    std::lock_guard lock(self->mutex);
    if (self->gone.stop_requested()) return false;
    self->begun = true;
    self->chunks.emplace_back(piece);
    self->wake();
    return true;
  };
  try {
    result = application.answer(request, context);
    request.body = std::string();
    if (result.stream) {
      const auto stream = std::move(result.stream);
      result.stream = [](const ChunkWriter&) {};  // marks it
      {
        std::lock_guard lock(mutex);
        response = result;
      }
      stream(write);
    }
  } catch (const ApiError& e) {
    result = error_response(e);
  } catch (const ClientGone&) {
    is_gone = true;
  } catch (const std::bad_alloc&) {
    ApiError error(503, "expected enough memory, got none", "memory");
    error.retry_after_s = 5;
    result = error_response(error);
  } catch (const std::exception& e) {
    spdlog::error("request {}: {}", request.id, e.what());
    result = error_response(ApiError(500, "expected no unknown fault, got one; the server's log has it", "internal"));
  }
  budget.reset();
  std::lock_guard lock(mutex);
  if (!begun) response = std::move(result);
  client_gone = is_gone;
  finished = true;
  wake();
}

}  // namespace sensorium
