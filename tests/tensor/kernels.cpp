#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/runtime.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstring>
#include <limits>

using namespace sensorium;
using namespace sensorium::test;

namespace {

/// Every variant this processor can run.
rt::KernelList variants() {
  return rt::runnable_kernels();
}

/// As bfloat16, rounded to nearest even.
double bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u);
}

rt::TileEnd from_column(rt::TileEnd end, int64_t c) {
  const int64_t bytes = c * (end.half ? 2 : 4);
  end.bias += c;
  if (end.residual != nullptr) end.residual = static_cast<const char*>(end.residual) + bytes;
  end.out = static_cast<char*>(end.out) + bytes;
  if (end.column_scales != nullptr) {
    end.column_scales += c;
    end.column_sums += c;
  }
  return end;
}

/// What a tile kernel makes of rows of `runs`, `stride` words apart, and a panel, in spans of at most `most` words; a
/// kernel of groups with rows copied, or in place where that can be, and in one span. With `end` the kernel finishes.
std::vector<uint32_t> products(const rt::TileKernel& kernel, int64_t rows, const rt::Word* from, const rt::Runs& runs,
                               int64_t stride, const rt::Word* panel, bool copy = false, int64_t most = 1 << 20,
                               const rt::TileEnd* end = nullptr) {
  const int64_t words = runs.count * runs.words, each = rt::kGroup * rt::round_up(words, rt::kGroup);
  std::vector<uint32_t> sums(static_cast<size_t>(kernel.most_rows * rt::kPanel)),
      copies(static_cast<size_t>(kernel.most_rows / rt::kGroup * each));
  const rt::Word* at[rt::kMostTileRows];
  rt::RowGroup groups[rt::kMostTileRows / rt::kGroup];
  for (int64_t r = 0; r < rows; ++r) at[r] = from + r * stride;
  for (int64_t r = 0; kernel.grouped() && r < rows; r += rt::kGroup)
    groups[r / rt::kGroup] =
        kernel.group(std::min(rt::kGroup, rows - r), at + r, runs, copy, copies.data() + r / rt::kGroup * each);
  std::vector<rt::Span> spans;
  if (kernel.grouped() && runs.words % rt::kGroup != 0)
    spans = {{0, 1, 0, words}};  // copied, so joined
  else if (kernel.grouped() || most >= words)
    spans = {{0, runs.count, 0, runs.words}};
  const bool parts = spans.empty();
  for (int64_t run = 0; parts && run < runs.count; ++run)
    for (int64_t w = 0; w < runs.words; w += most) spans.push_back({run, 1, w, std::min(most, runs.words - w)});
  if (kernel.begin != nullptr) kernel.begin();
  for (int64_t c = 0; c < rt::kPanel; c += kernel.columns) {
    const rt::Word* b = panel + c;
    for (size_t i = 0; i < spans.size(); ++i) {
      const bool finish = end != nullptr && i + 1 == spans.size();
      const rt::TileEnd here = finish ? from_column(*end, c) : rt::TileEnd{};
      kernel.multiply(rows, {at, runs.stride, groups, spans[i]}, b, {panel, 0}, i > 0, sums.data() + c,
                      finish ? &here : nullptr);
      b += spans[i].count * spans[i].words * rt::kPanel;
    }
  }
  if (kernel.end != nullptr) kernel.end();
  return sums;
}

}  // namespace

TEST_CASE("exp is within 2e-7 of the exact value, relative, and 0 far below") {
  std::vector<float> x;
  for (float v = 0; v > -87; v -= 0.00137f) x.push_back(v);
  std::vector<float> y(x.size());
  for (const auto* k : variants()) {
    CAPTURE(k->name);
    k->exp(x.data(), y.data(), static_cast<int64_t>(x.size()));
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(y[i] / std::exp(double{x[i]}) - 1));
    CHECK(worst < 2e-7);
    const float low[] = {-88, -1000, -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};
    k->exp(low, y.data(), 4);
    CHECK(y[0] == 0);
    CHECK(y[1] == 0);
    CHECK(y[2] == 0);
    CHECK(std::isnan(y[3]));
  }
}

TEST_CASE("activations are within 5e-7 of the exact value, relative to max(|y|, 0.1), and keep NaN") {
  std::vector<float> x;
  for (float v = -12; v < 12; v += 0.00093f) x.push_back(v);
  std::vector<float> y(x.size());
  for (const auto* k : variants())
    for (auto act :
         {Activation::relu, Activation::gelu, Activation::quick_gelu, Activation::gelu_tanh, Activation::tanh}) {
      CAPTURE(k->name);
      CAPTURE(static_cast<int>(act));
      k->activate(x.data(), y.data(), static_cast<int64_t>(x.size()), static_cast<rt::KernelAct>(act));
      double worst = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double exact = reference_act(x[i], act);
        worst = std::max(worst, std::abs(y[i] - exact) / std::max(std::abs(exact), 0.1));
      }
      CHECK(worst < 5e-7);
      const float nan = std::numeric_limits<float>::quiet_NaN();
      k->activate(&nan, y.data(), 1, static_cast<rt::KernelAct>(act));
      CHECK(std::isnan(y[0]));
    }
}

TEST_CASE("every variant's layer norm and exp_scores agree with the reference") {
  for (const auto* k : variants()) {
    CAPTURE(k->name);
    const auto w = random_tensor({33}, 3), bias = random_tensor({33}, 4), x = random_tensor({1, 33}, 5, 1, 100);
    rt::Tensor y = rt::Tensor::empty({1, 33});
    k->layer_norm(x.data(), nullptr, w.data(), bias.data(), 1e-5f, y.mutable_data(), 33);
    CHECK(error(y, reference_layer_norm(values(x), values(w), values(bias), double{1e-5f})) < 1e-6);

    rt::Tensor p = random_tensor({33}, 1);
    const Values before = values(p);
    const double top = *std::max_element(before.begin(), before.end());
    const float total = k->exp_scores(p.mutable_data(), 33, 0.3f);
    double expected = 0;
    for (size_t i = 0; i < 33; ++i) {
      const double e = std::exp(0.3 * (before[i] - top));
      CHECK(p.data()[i] == doctest::Approx(e).epsilon(1e-6));
      expected += e;
    }
    CHECK(total == doctest::Approx(expected).epsilon(1e-6));
  }
}

TEST_CASE("every variant's fp32 and bf16 tiles are the products of the rounded values") {
  for (const auto* k : variants())
    for (const Precision precision : {Precision::fp32, Precision::bf16})
      for (int64_t n : {1, 33, 160})
        for (int64_t rows = 1; rows <= k->tiles[static_cast<int>(precision)].most_rows; ++rows) {
          CAPTURE(k->name);
          CAPTURE(n);
          CAPTURE(rows);
          const bool half = precision == Precision::bf16;
          const auto a = random_tensor({rows, n}, 1), b = random_tensor({rt::kPanel, n}, 2);
          const int64_t words = rt::words_of(n, precision);
          std::vector<uint32_t> left(static_cast<size_t>(rows * words)), lines(static_cast<size_t>(64 * words)),
              panel(lines.size());
          const auto convert = [&](const rt::Tensor& from, int64_t count, rt::Word* to) {
            for (int64_t r = 0; r < count; ++r) {
              if (half)
                k->to_bf16(from.data() + r * n, to + r * words, n);
              else
                std::memcpy(to + r * words, from.data() + r * n, static_cast<size_t>(n) * 4);
            }
          };
          convert(a, rows, left.data());
          convert(b, 64, lines.data());
          k->turn(lines.data(), words, 64, words, panel.data());
          const auto sums =
              products(k->tiles[static_cast<int>(precision)], rows, left.data(), {1, words, 0}, words, panel.data());
          double worst = 0;
          for (int64_t r = 0; r < rows; ++r)
            for (int64_t c = 0; c < 64; ++c) {
              double sum = 0, size = 0;
              for (int64_t i = 0; i < n; ++i) {
                const float x = a.data()[r * n + i], y = b.data()[c * n + i];
                const double product = half ? bf16(x) * bf16(y) : double{x} * double{y};
                sum += product;
                size += std::abs(product);
              }
              const double got = double{std::bit_cast<float>(uint32_t{sums[static_cast<size_t>(r * 64 + c)]})};
              worst = std::max(worst, std::abs(got - sum) / size);
            }
          CHECK(worst < tolerance(n));
        }
}

TEST_CASE("rows of runs give what rows in one piece do, in place and copied, in one span and in several") {
  // Nine pixels of two bfloat16 channels for 16 words, or eleven of one, seen by windows of three lines.
  for (const auto* k : variants())
    for (const int64_t run : {16, 11})
      for (const int64_t rows : {int64_t{16}, k->tiles[1].most_rows}) {
        if (rows > k->tiles[1].most_rows) continue;
        CAPTURE(k->name);
        CAPTURE(run);
        const int64_t line = 96, count = 3, words = run * count;
        const auto values = random_tensor({2 * count * line}, 1), weights = random_tensor({rt::kPanel, 2 * words}, 2);
        std::vector<uint32_t> picture(static_cast<size_t>(count * line)), plain(static_cast<size_t>(rows * words)),
            lines(static_cast<size_t>(64 * words)), panel(lines.size());
        k->to_bf16(values.data(), picture.data(), values.numel());
        for (int64_t r = 0; r < 64; ++r)
          k->to_bf16(weights.data() + r * 2 * words, lines.data() + r * words, 2 * words);
        k->turn(lines.data(), words, 64, words, panel.data());
        for (int64_t i = 0; i < rows * words; ++i)
          plain[static_cast<size_t>(i)] =
              picture[static_cast<size_t>(i / words + i % words / run * line + i % words % run)];
        const auto sums = products(k->tiles[1], rows, plain.data(), {1, words, 0}, words, panel.data(), true);
        for (const bool copy : {false, true})
          for (const int64_t most : {1000, 16, 6})
            CHECK(products(k->tiles[1], rows, picture.data(), {count, run, line}, 1, panel.data(), copy, most) == sums);
      }
}

TEST_CASE("every variant's transformations around Winograd's products are B' d B and A' m A") {
  constexpr double kB[4][4] = {{1, 0, 0, 0}, {0, 1, -1, 1}, {-1, 1, 1, 0}, {0, 0, 0, -1}};
  constexpr double kA[4][2] = {{1, 0}, {1, 1}, {1, -1}, {0, -1}};
  // from' x from of the 4x4 rows of `columns` values
  const auto between = [](const auto& from, size_t n, const Values& x, size_t columns) {
    Values y(n * n * columns);
    for (size_t i = 0; i < n * n * 16 * columns; ++i) {
      const size_t c = i % columns, in = i / columns % 16, out = i / columns / 16;
      y[out * columns + c] += from[in / 4][out / n] * from[in % 4][out % n] * x[in * columns + c];
    }
    return y;
  };
  for (const auto* k : variants()) {
    CAPTURE(k->name);
    const auto x = random_tensor({16, rt::kPanel}, 1);
    const void* at[16];
    for (int64_t i = 0; i < 16; ++i) at[i] = x.data() + i * rt::kPanel;
    rt::Tensor to = rt::Tensor::empty({16, rt::kPanel}), pixels = rt::Tensor::empty({4, rt::kPanel});
    k->winograd_input(at, rt::kPanel, false, to.mutable_data(), rt::kPanel);
    CHECK(error(to, between(kB, 4, values(x), rt::kPanel)) < tolerance(4));
    k->winograd_output(static_cast<const rt::Word*>(x.raw()), rt::kPanel, static_cast<rt::Word*>(pixels.raw()));
    CHECK(error(pixels, between(kA, 2, values(x), rt::kPanel)) < tolerance(9));
  }
}

TEST_CASE("every variant's int8 tile is exact, at the ends of the range too") {
  for (const auto* k : variants())
    for (int64_t n : {1, 6, 132}) {
      CAPTURE(k->name);
      CounterRng rng(7);
      const auto words = static_cast<size_t>(rt::words_of(n, Precision::int8));
      std::vector<uint8_t> a(5 * words * 4);
      std::vector<int8_t> b(64 * words * 4);
      for (auto& x : a) x = rng.uniform(0, 1) < 0.3 ? 255 : static_cast<uint8_t>(rng.uniform(0, 256));
      for (auto& x : b) x = rng.uniform(0, 1) < 0.3 ? -127 : static_cast<int8_t>(rng.uniform(-127, 128));
      std::vector<uint32_t> panel(64 * words);
      k->turn(reinterpret_cast<const rt::Word*>(b.data()), static_cast<int64_t>(words), 64, static_cast<int64_t>(words),
              panel.data());
      const rt::Runs runs{1, static_cast<int64_t>(words), 0};
      const auto* left = reinterpret_cast<const rt::Word*>(a.data());
      const auto sums = products(k->tiles[2], 5, left, runs, runs.words, panel.data());
      bool equal = true;
      for (size_t r = 0; r < 5; ++r)
        for (size_t c = 0; c < 64; ++c) {
          int32_t sum = 0;
          for (size_t i = 0; i < 4 * words; ++i) sum += int32_t{a[r * 4 * words + i]} * int32_t{b[c * 4 * words + i]};
          equal = equal && static_cast<int32_t>(sums[r * 64 + c]) == sum;
        }
      CHECK(equal);
      if (const rt::TileKernel* alone = k->tiles[2].alone; alone != nullptr) {
        const auto row = products(*alone, 1, left, runs, runs.words, panel.data());
        CHECK(std::equal(row.begin(), row.begin() + rt::kPanel, sums.begin()));
      }
    }
}

TEST_CASE("a kernel that finishes tiles gives what `finish` makes of its sums, to the bit") {
  const int64_t words = 20, stride = rt::kPanel + 2;
  const auto left = random_tensor({rt::kMostTileRows, words}, 1), right = random_tensor({words, rt::kPanel}, 2),
             bias = random_tensor({rt::kPanel}, 3), added = random_tensor({rt::kMostTileRows, stride}, 4),
             scales = random_tensor({rt::kPanel}, 5), sums = random_tensor({rt::kPanel}, 6);
  const auto words_of = [](const rt::Tensor& x) { return static_cast<const rt::Word*>(x.raw()); };
  for (const auto* k : variants())
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8})
      for (const bool half : {false, true})
        for (const bool residual : {false, true})
          for (const auto act : {rt::KernelAct::none, rt::KernelAct::relu}) {
            const rt::TileKernel& kernel = k->tiles[static_cast<int>(precision)];
            if (!kernel.finishes) continue;
            CAPTURE(k->name);
            CAPTURE(static_cast<int>(precision));
            rt::TileEnd end;
            end.bias = bias.data();
            end.residual = residual ? added.raw() : nullptr;
            end.residual_stride = end.out_stride = stride;
            end.half = half;
            end.act = act;
            if (precision == Precision::int8) {
              end.row_scales = left.data();
              end.row_offsets = right.data();
              end.column_scales = scales.data();
              end.column_sums = sums.data();
            }
            for (int64_t rows = 1; rows <= kernel.most_rows; ++rows)
              for (const int64_t most : {1000, 7}) {
                const auto into = [&](std::vector<uint32_t>& out) {
                  end.out = out.data();
                  return end;
                };
                std::vector<uint32_t> expected(static_cast<size_t>(rows * stride)), got(expected);
                const rt::Runs runs{1, words, 0};
                const auto plain = products(kernel, rows, words_of(left), runs, words, words_of(right), false, most);
                k->finish(precision, plain.data(), rows, rt::kPanel, into(expected));
                const rt::TileEnd own = into(got);
                products(kernel, rows, words_of(left), runs, words, words_of(right), false, most, &own);
                CHECK(got == expected);
              }
          }
}

TEST_CASE("every variant rounds to bfloat16 to nearest even and keeps NaN and infinities") {
  for (const auto* k : variants()) {
    CAPTURE(k->name);
    const float inf = std::numeric_limits<float>::infinity();
    std::vector<float> x{1.00390625f, 1.01171875f, -3.0e38f, 1e-3f, inf, -inf, std::nanf("")};
    for (int i = 0; i < 40; ++i) x.push_back(static_cast<float>(i) * 0.37f - 5);
    const auto n = static_cast<int64_t>(x.size());
    std::vector<uint32_t> words(x.size() / 2 + 1), pairs(x.size());
    k->to_bf16(x.data(), words.data(), n);
    k->interleave(reinterpret_cast<const rt::Half*>(words.data()), nullptr, pairs.data(), n);
    for (size_t i = 0; i < x.size(); ++i) {
      const uint32_t half = words[i / 2] >> (16 * (i % 2)) & 0xffff;
      const float got = std::bit_cast<float>(half << 16);
      CHECK(pairs[i] == half);
      if (std::isnan(x[i]))
        CHECK(std::isnan(got));
      else
        CHECK(double{got} == (std::isinf(x[i]) ? double{x[i]} : bf16(x[i])));
    }
    CHECK((words.back() >> 16) == 0);
  }
}

TEST_CASE("every variant's bytes stand for the values within half a step; NaN shows in the offset") {
  for (const auto* k : variants())
    for (int64_t n : {1, 7, 64, 100}) {
      CAPTURE(k->name);
      const auto x = random_tensor({n}, 9, 3, 1);
      std::vector<uint32_t> words(static_cast<size_t>(rt::words_of(n, Precision::int8)), 0xffffffff);
      float scale = 0, offset = 0;
      k->to_u8(x.data(), words.data(), n, &scale, &offset);
      const auto* bytes = reinterpret_cast<const uint8_t*>(words.data());
      for (int64_t i = 0; i < n; ++i)
        CHECK(std::abs(scale * bytes[i] + offset - x.data()[i]) <= scale * 0.5001f + 1e-6f);
      for (int64_t i = n; i < 4 * rt::words_of(n, Precision::int8); ++i) CHECK(bytes[i] == 0);
      rt::Tensor bad = x.clone();
      bad.mutable_data()[n / 2] = std::numeric_limits<float>::quiet_NaN();
      k->to_u8(bad.data(), words.data(), n, &scale, &offset);
      CHECK(std::isnan(offset));
    }
}
