#include "sensorium/tensor/winograd.h"

#include "sensorium/tensor/runtime.h"
#include "sensorium/tensor/tiled.h"

#include <array>

namespace sensorium::rt {
namespace {

constexpr int64_t kPositions = kWinogradPositions;
/// Bytes of a task's transformed patches and sums: about what a second-level cache holds beside a panel's part.
constexpr int64_t kTaskBytes = 384 << 10;

/// 4x4 of 3x3: G g G', row-major.
std::array<double, 16> transformed(const double* g) {
  constexpr double kG[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  double half[4][3] = {};
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 3; ++x)
      for (int i = 0; i < 3; ++i) half[y][x] += kG[y][i] * g[i * 3 + x];
  std::array<double, 16> u{};
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x)
      for (int i = 0; i < 3; ++i) u[static_cast<size_t>(4 * y + x)] += half[y][i] * kG[x][i];
  return u;
}

/// Patches [first, last) of all pictures, in the order of their output pixels.
class Task {
 public:
  Task(const Padded& x, const Geometry& g, const Packed& weight, const GemmEnd& end, int64_t first, int64_t last)
      : x_(x), g_(g), weight_(weight), end_(end), first_(first), count_(last - first), words_(weight.words()) {
    const int64_t spare = kGroup * kPanel;  // kernels of groups write whole ones
    storage_ =
        pool_allocate(static_cast<size_t>(kPositions * count_ * (words_ + kPanel) + spare + words_) * sizeof(Word));
    patches_ = reinterpret_cast<Word*>(storage_.get());
    sums_ = patches_ + kPositions * count_ * words_;
    beyond_ = sums_ + kPositions * count_ * kPanel + spare;
    std::fill_n(beyond_, words_, 0);
  }

  void run() {
    for (int64_t t = 0; t < count_; ++t) transform(t);
    const KernelScope scope(tile_kernel(weight_.precision));
    for (int64_t panel = 0; panel < g_.out / kPanel; ++panel) {
      for (int64_t position = 0; position < kPositions; ++position) multiply(panel, position);
      for (int64_t t = 0; t < count_; ++t) finish(panel, t);
    }
  }

 private:
  struct Place {
    int64_t picture, y, x;  // of the patch's first output pixel
  };
  Place place(int64_t t) const {
    const int64_t columns = (g_.width + 1) / 2, lines = (g_.height + 1) / 2, patch = first_ + t;
    return {patch / columns / lines, patch / columns % lines * 2, patch % columns * 2};
  }

  void transform(int64_t t) {
    const Place p = place(t);
    const int64_t size = x_.half ? 2 : 4;
    const void* pixels[16];
    for (int64_t i = 0; i < 16; ++i) {
      const int64_t y = p.y + i / 4 - 1, x = p.x + i % 4 - 1;
      const bool inside = y >= 0 && y < g_.height && x >= 0 && x < g_.width;
      pixels[i] = inside ? static_cast<const char*>(x_.memory.raw()) +
                               ((p.picture * g_.height + y) * g_.width + x) * g_.in * size
                         : reinterpret_cast<const char*>(beyond_);
    }
    kernels().winograd_input(pixels, g_.in, x_.half, patches_ + t * words_, count_ * words_ * 4 / size);
  }

  /// The sums of one position, for all patches and one panel.
  void multiply(int64_t panel, int64_t position) {
    const int64_t panels = g_.out / kPanel, next = position + 1 < kPositions ? position + 1 : 0;
    const auto at = [&](int64_t p) { return weight_.panels + (p * panels + panel) * words_ * kPanel; };
    const RowBlock block{
        patches_ + position * count_ * words_, RowLayout::matrix(words_, words_), 0, nullptr, nullptr, 0, count_};
    const TileKernel& kernel = tile_kernel(weight_.precision);
    const TiledRows rows(block, kernel, 1);
    multiply_panel(kernel, rows, Spans(rows.runs(), kernel, rows.tiles()), at(position), at(next), kPanel,
                   sums_ + position * count_ * kPanel, nullptr);
  }

  void finish(int64_t panel, int64_t t) const {
    alignas(64) Word sums[4 * kPanel];
    kernels().winograd_output(sums_ + t * kPanel, count_ * kPanel, sums);
    const Place p = place(t);
    const int64_t size = end_.half ? 2 : 4, column = panel * kPanel, across = std::min<int64_t>(2, g_.width - p.x);
    TileEnd e;
    e.bias = end_.bias + column;
    e.residual_stride = end_.residual_stride;
    e.out_stride = end_.out_stride;
    e.half = end_.half;
    e.act = end_.act;
    for (int64_t y = 0; y < std::min<int64_t>(2, g_.height - p.y); ++y) {
      const int64_t row = (p.picture * g_.height + p.y + y) * g_.width + p.x;
      if (end_.residual != nullptr)
        e.residual = static_cast<const char*>(end_.residual) + (row * end_.residual_stride + column) * size;
      e.out = static_cast<char*>(end_.out) + (row * end_.out_stride + column) * size;
      kernels().finish(Precision::fp32, sums + 2 * y * kPanel, across, kPanel, e);
    }
  }

  const Padded& x_;
  const Geometry& g_;
  const Packed& weight_;
  const GemmEnd& end_;
  int64_t first_, count_, words_;
  std::shared_ptr<std::byte> storage_;
  Word *patches_ = nullptr, *sums_ = nullptr, *beyond_ = nullptr;  // beyond: a pixel of padding
};

}  // namespace

bool winograd_fits(const Conv2d<Tensor>& conv, Precision precision) {
  return precision != Precision::int8 && conv.weight.size(2) == 3 && conv.stride == 1 && conv.padding == 1 &&
         conv.weight.size(0) % kPanel == 0 && conv.weight.size(1) % kPanel == 0;
}

bool winograd_suits(const Conv2d<Tensor>& conv, Precision precision) {
  // Products of groups are so fast that the transformations would cost more than they save.
  const bool fast = tile_kernel(precision).grouped();
  return winograd_fits(conv, precision) && !fast && conv.weight.size(0) * conv.weight.size(1) <= 256 * 256;
}

std::shared_ptr<Packed> winograd_pack(const Tensor& weight, const std::vector<double>& scales, Precision precision) {
  const int64_t out = weight.size(0), in = weight.size(1);
  std::vector<float> matrix(static_cast<size_t>(kPositions * out * in));
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i) {
      double filter[9];
      for (int64_t k = 0; k < 9; ++k)
        filter[k] = double{weight.data()[(o * in + i) * 9 + k]} * scales[static_cast<size_t>(o)];
      const auto u = transformed(filter);
      for (int64_t p = 0; p < kPositions; ++p)
        matrix[static_cast<size_t>((p * out + o) * in + i)] = static_cast<float>(u[static_cast<size_t>(p)]);
    }
  return pack(matrix.data(), kPositions * out, in, precision);
}

void winograd(const Padded& x, const Geometry& g, const Packed& weight, const GemmEnd& end) {
  const int64_t patches = g.batch * ((g.height + 1) / 2) * ((g.width + 1) / 2);
  const int64_t each = kPositions * (weight.words() + kPanel) * static_cast<int64_t>(sizeof(Word));
  const int threads = num_threads();
  const int64_t rows = tile_kernel(weight.precision).most_rows;
  const int64_t most = std::max(2 * rows, kTaskBytes / each / rows * rows);
  const int64_t tasks = round_up((patches + most - 1) / most, threads);
  parallel_ranges(patches, (patches + tasks - 1) / tasks,
                  [&](int64_t first, int64_t last) { Task(x, g, weight, end, first, last).run(); });
}

}  // namespace sensorium::rt
