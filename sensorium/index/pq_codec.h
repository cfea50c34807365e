#pragma once
// Inside the room: rows by product quantisation, an eighth of int8.

#include "sensorium/index/row_codec.h"

namespace sensorium::index {

/// Vectors from which a codebook can be learnt; fewer stand as int8.
constexpr size_t kPqLeast = 10'000;
/// Vectors that it is learnt from at most.
constexpr size_t kPqSample = 65'536;

/// Learns the codebook from vectors [N, width], width a multiple of 8. Deterministic.
std::shared_ptr<const RowCodec> train_pq_codec(int64_t width, std::span<const float> vectors);
/// From RowCodec::saved(). Throws InputError for bytes that are none.
std::shared_ptr<const RowCodec> read_pq_codec(int64_t width, const std::string& saved);

}  // namespace sensorium::index
