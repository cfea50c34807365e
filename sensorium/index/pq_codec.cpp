// Product quantisation (Jegou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011) with FAISS's
// codebooks: a byte for 8 values.

#include "sensorium/index/pq_codec.h"
#include "sensorium/base/error.h"

#include <faiss/impl/ProductQuantizer.h>

#include <cstring>

namespace sensorium::index {
namespace {

constexpr size_t kValuesPerByte = 8, kCodes = 256;

class PqScorer : public RowScorer {
 public:
  PqScorer(const faiss::ProductQuantizer& quantizer, std::span<const float> query)
      : table_(quantizer.M * kCodes), parts_(quantizer.M) {
    quantizer.compute_inner_prod_table(query.data(), table_.data());
  }
  float score(const std::byte* row) const override {
    float sum[4] = {};
    for (size_t m = 0; m < parts_; ++m) sum[m % 4] += table_[m * kCodes + std::to_integer<size_t>(row[m])];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
  void score_four(const std::byte* const* rows, float* out) const override {
    for (int i = 0; i < 4; ++i) out[i] = score(rows[i]);
  }
  void score_rows(const std::byte* rows, size_t count, float* out) const override {
    for (size_t i = 0; i < count; ++i) out[i] = score(rows + i * parts_);
  }

 private:
  std::vector<float> table_;
  size_t parts_;
};

class PqCodec : public RowCodec {
 public:
  explicit PqCodec(int64_t width)
      : quantizer_(static_cast<size_t>(width), static_cast<size_t>(width) / kValuesPerByte, 8) {}
  void train(size_t rows, const float* vectors) {
    quantizer_.cp.seed = 1234;
    quantizer_.train(static_cast<int>(rows), vectors);
  }
  void restore(const std::string& saved) {
    if (saved.size() != quantizer_.centroids.size() * sizeof(float))
      throw InputError("index", "expected a codebook of {} values, got {} bytes", quantizer_.centroids.size(),
                       saved.size());
    std::memcpy(quantizer_.centroids.data(), saved.data(), saved.size());
  }
  std::string name() const override { return "pq"; }
  size_t row_bytes() const override { return quantizer_.code_size; }
  bool is_exact() const override { return false; }
  void encode(std::span<const float> vector, std::byte* row) const override {
    quantizer_.compute_code(vector.data(), reinterpret_cast<uint8_t*>(row));
  }
  std::vector<float> decoded(const std::byte* row) const override {
    std::vector<float> vector(quantizer_.d);
    quantizer_.decode(reinterpret_cast<const uint8_t*>(row), vector.data());
    return vector;
  }
  std::unique_ptr<RowScorer> scorer(std::span<const float> query) const override {
    return std::make_unique<PqScorer>(quantizer_, query);
  }
  std::unique_ptr<RowScorer> scorer_of_row(const std::byte* row) const override { return scorer(decoded(row)); }
  float between(const std::byte* a, const std::byte* b) const override {
    float sum = 0;
    for (size_t m = 0; m < quantizer_.M; ++m) {
      const float* x = quantizer_.get_centroids(m, std::to_integer<size_t>(a[m]));
      const float* y = quantizer_.get_centroids(m, std::to_integer<size_t>(b[m]));
      for (size_t i = 0; i < kValuesPerByte; ++i) sum += x[i] * y[i];
    }
    return sum;
  }
  std::string saved() const override {
    return {reinterpret_cast<const char*>(quantizer_.centroids.data()), quantizer_.centroids.size() * sizeof(float)};
  }
  int64_t memory_bytes() const override { return static_cast<int64_t>(quantizer_.centroids.size() * sizeof(float)); }

 private:
  faiss::ProductQuantizer quantizer_;
};

}  // namespace

std::shared_ptr<const RowCodec> train_pq_codec(int64_t width, std::span<const float> vectors) {
  auto codec = std::make_shared<PqCodec>(width);
  codec->train(vectors.size() / static_cast<size_t>(width), vectors.data());
  return codec;
}

std::shared_ptr<const RowCodec> read_pq_codec(int64_t width, const std::string& saved) {
  auto codec = std::make_shared<PqCodec>(width);
  codec->restore(saved);
  return codec;
}

}  // namespace sensorium::index
