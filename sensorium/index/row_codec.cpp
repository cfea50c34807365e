#include "sensorium/index/row_codec.h"

#include "sensorium/base/error.h"
#include "sensorium/index/distance_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sensorium::index {
namespace {

class Fp32Scorer : public RowScorer {
 public:
  Fp32Scorer(std::span<const float> query, size_t padded) : query_(padded) {
    std::copy(query.begin(), query.end(), query_.begin());
  }
  float score(const std::byte* row) const override { return kernels_.dot(query_.data(), values(row), query_.size()); }
  void score_four(const std::byte* const* rows, float* out) const override {
    const float* four[4] = {values(rows[0]), values(rows[1]), values(rows[2]), values(rows[3])};
    kernels_.dot_four(query_.data(), four, query_.size(), out);
  }
  void score_rows(const std::byte* rows, size_t count, float* out) const override {
    const size_t step = query_.size() * sizeof(float);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      const std::byte* four[4] = {rows + i * step, rows + (i + 1) * step, rows + (i + 2) * step, rows + (i + 3) * step};
      score_four(four, out + i);
    }
    for (; i < count; ++i) out[i] = score(rows + i * step);
  }

 private:
  static const float* values(const std::byte* row) { return reinterpret_cast<const float*>(row); }
  const DistanceKernels& kernels_ = distance_kernels();
  std::vector<float> query_;
};

/// Four queries at a time, which is what the kernel holds in registers.
class Fp32BatchScorer : public BatchScorer {
 public:
  Fp32BatchScorer(std::span<const std::vector<float>> queries, size_t padded) : padded_(padded) {
    const size_t blocks = queries.size() / kTogether;
    blocked_.resize(blocks * kTogether * padded);
    for (size_t q = 0; q < blocks * kTogether; ++q)
      std::copy(queries[q].begin(), queries[q].end(), blocked_.begin() + static_cast<std::ptrdiff_t>(q * padded));
    for (size_t q = blocks * kTogether; q < queries.size(); ++q) alone_.emplace_back(queries[q], padded);
  }
  void score(const std::byte* rows, size_t count, float* out, size_t stride) const override {
    const size_t together = blocked_.size() / padded_;
    for (size_t q = 0; q < together; q += kTogether)
      distance_kernels().dot_block(&blocked_[q * padded_], reinterpret_cast<const float*>(rows), count, padded_,
                                   out + q * stride, stride);
    for (size_t i = 0; i < alone_.size(); ++i) alone_[i].score_rows(rows, count, out + (together + i) * stride);
  }

 private:
  static constexpr size_t kTogether = 4;
  size_t padded_;
  std::vector<float> blocked_;
  std::vector<Fp32Scorer> alone_;
};

/// Any codec's.
class ScorerEach : public BatchScorer {
 public:
  ScorerEach(const RowCodec& codec, std::span<const std::vector<float>> queries) {
    for (const auto& query : queries) scorers_.push_back(codec.scorer(query));
  }
  void score(const std::byte* rows, size_t count, float* out, size_t stride) const override {
    for (size_t q = 0; q < scorers_.size(); ++q) scorers_[q]->score_rows(rows, count, out + q * stride);
  }

 private:
  std::vector<std::unique_ptr<RowScorer>> scorers_;
};

class Fp32Codec : public RowCodec {
 public:
  explicit Fp32Codec(int64_t width) : padded_(padded_width(width)) {}
  std::string name() const override { return "fp32"; }
  size_t row_bytes() const override { return padded_ * sizeof(float); }
  bool is_exact() const override { return true; }
  void encode(std::span<const float> vector, std::byte* row) const override {
    std::memset(row, 0, row_bytes());
    std::memcpy(row, vector.data(), vector.size_bytes());
  }
  std::unique_ptr<RowScorer> scorer(std::span<const float> query) const override {
    return std::make_unique<Fp32Scorer>(query, padded_);
  }
  std::unique_ptr<BatchScorer> batch_scorer(std::span<const std::vector<float>> queries) const override {
    return std::make_unique<Fp32BatchScorer>(queries, padded_);
  }
  std::unique_ptr<RowScorer> scorer_of_row(const std::byte* row) const override {
    return scorer({reinterpret_cast<const float*>(row), padded_});
  }
  std::vector<float> decoded(const std::byte* row) const override {
    std::vector<float> vector(padded_);
    std::memcpy(vector.data(), row, row_bytes());
    return vector;
  }
  float between(const std::byte* a, const std::byte* b) const override {
    return distance_kernels().dot(reinterpret_cast<const float*>(a), reinterpret_cast<const float*>(b), padded_);
  }

 private:
  size_t padded_;
};

constexpr float kLargestInt8 = 127;

/// A row: `padded` int8 values, then the float that they are multiplied with.
float int8_factor(const std::byte* row, size_t padded) {
  float factor = 0;
  std::memcpy(&factor, row + padded, sizeof factor);
  return factor;
}

float int8_product(const std::byte* a, const std::byte* b, size_t padded) {
  const int32_t sum =
      distance_kernels().dot_int8(reinterpret_cast<const int8_t*>(a), reinterpret_cast<const int8_t*>(b), padded);
  return static_cast<float>(sum) * (int8_factor(a, padded) * int8_factor(b, padded));
}

class Int8Scorer : public RowScorer {
 public:
  Int8Scorer(std::vector<std::byte> query, size_t padded) : query_(std::move(query)), padded_(padded) {}
  float score(const std::byte* row) const override { return int8_product(query_.data(), row, padded_); }
  void score_four(const std::byte* const* rows, float* out) const override {
    for (int i = 0; i < 4; ++i) out[i] = score(rows[i]);
  }
  void score_rows(const std::byte* rows, size_t count, float* out) const override {
    for (size_t i = 0; i < count; ++i) out[i] = score(rows + i * query_.size());
  }

 private:
  std::vector<std::byte> query_;
  size_t padded_;
};

class Int8Codec : public RowCodec {
 public:
  explicit Int8Codec(int64_t width) : padded_(padded_width(width)) {}
  std::string name() const override { return "int8"; }
  size_t row_bytes() const override { return padded_ + sizeof(float); }
  bool is_exact() const override { return false; }
  void encode(std::span<const float> vector, std::byte* row) const override {
    std::memset(row, 0, row_bytes());
    float largest = 0;
    for (const float v : vector) largest = std::max(largest, std::abs(v));
    const float factor = largest / kLargestInt8;
    auto* values = reinterpret_cast<int8_t*>(row);
    if (factor > 0)
      for (size_t i = 0; i < vector.size(); ++i) values[i] = static_cast<int8_t>(std::lrint(vector[i] / factor));
    std::memcpy(row + padded_, &factor, sizeof factor);
  }
  std::unique_ptr<RowScorer> scorer(std::span<const float> query) const override {
    std::vector<std::byte> row(row_bytes());
    encode(query, row.data());
    return std::make_unique<Int8Scorer>(std::move(row), padded_);
  }
  std::unique_ptr<RowScorer> scorer_of_row(const std::byte* row) const override {
    return std::make_unique<Int8Scorer>(std::vector<std::byte>(row, row + row_bytes()), padded_);
  }
  std::vector<float> decoded(const std::byte* row) const override {
    const float factor = int8_factor(row, padded_);
    std::vector<float> vector(padded_);
    for (size_t i = 0; i < padded_; ++i) vector[i] = factor * static_cast<float>(static_cast<int8_t>(row[i]));
    return vector;
  }
  float between(const std::byte* a, const std::byte* b) const override { return int8_product(a, b, padded_); }

 private:
  size_t padded_;
};

}  // namespace

std::unique_ptr<BatchScorer> RowCodec::batch_scorer(std::span<const std::vector<float>> queries) const {
  return std::make_unique<ScorerEach>(*this, queries);
}

size_t padded_width(int64_t width) {
  return (static_cast<size_t>(width) + kPad - 1) / kPad * kPad;
}

std::shared_ptr<const RowCodec> make_fp32_codec(int64_t width) {
  return std::make_shared<Fp32Codec>(width);
}

std::shared_ptr<const RowCodec> make_int8_codec(int64_t width) {
  return std::make_shared<Int8Codec>(width);
}

}  // namespace sensorium::index
