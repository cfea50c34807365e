#include "sensorium/data/crop_hash.h"

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"
#include "sensorium/data/hamming_pairs.h"
#include "sensorium/io/resize.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace sensorium {
namespace {

constexpr int kFine = 128;    // side of the grey picture that hashes are taken of
constexpr int kCells = 16;    // of a window, before its DCT
constexpr int kLow = 8;       // frequencies kept
constexpr int kSamples = 32;  // a side, when a part is compared with a window

/// A window by its sides, in fractions of the picture.
struct Window {
  double left = 0, top = 0, right = 1, bottom = 1;
};

/// Widths and heights apart: a part may keep all of the width and two thirds of the height. One of the windows is near
/// enough to any part, which the search for near hashes and the fitting do the rest for.
std::vector<Window> make_windows() {
  struct Side {
    double size;
    int steps;  // places
  };
  constexpr Side kSides[] = {{0.92, 2}, {0.84, 3}, {0.75, 3}, {0.66, 4}, {0.58, 4}};
  std::vector<Window> windows{Window{}};
  for (const Side& high : kSides)
    for (const Side& wide : kSides) {
      if ((high.size < 0.6) != (wide.size < 0.6)) continue;  // the smallest are square
      for (int y = 0; y < high.steps; ++y)
        for (int x = 0; x < wide.steps; ++x) {
          const double left = (1 - wide.size) * x / (wide.steps - 1), top = (1 - high.size) * y / (high.steps - 1);
          windows.push_back({left, top, left + wide.size, top + high.size});
        }
    }
  return windows;
}

const std::vector<Window>& windows() {
  static const std::vector<Window> all = make_windows();
  return all;
}

std::vector<uint8_t> grey(const Image& image, int side) {
  const Image small = resize(image, side, side, Resample::box);
  std::vector<uint8_t> out(static_cast<size_t>(side) * static_cast<size_t>(side));
  for (size_t i = 0; i < out.size(); ++i) {
    const uint8_t* p = &small.pixels[3 * i];
    out[i] = static_cast<uint8_t>((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
  }
  return out;
}

/// Sums over rectangles from the corner: (kFine + 1, kFine + 1).
class Sums {
 public:
  explicit Sums(const std::vector<uint8_t>& pixels) : sums_((kFine + 1) * (kFine + 1)) {
    for (int y = 0; y < kFine; ++y) {
      uint32_t row = 0;
      for (int x = 0; x < kFine; ++x) {
        row += pixels[static_cast<size_t>(y * kFine + x)];
        at(x + 1, y + 1) = at(x + 1, y) + row;
      }
    }
  }
  double mean(int left, int top, int right, int bottom) const {
    const auto s = [&](int x, int y) { return static_cast<double>(sums_[static_cast<size_t>(y * (kFine + 1) + x)]); };
    return (s(right, bottom) - s(left, bottom) - s(right, top) + s(left, top)) / ((right - left) * (bottom - top));
  }

 private:
  uint32_t& at(int x, int y) { return sums_[static_cast<size_t>(y * (kFine + 1) + x)]; }
  std::vector<uint32_t> sums_;
};

/// cos(pi k (2i + 1) / 2n) for k < kLow, i < kCells.
const std::array<std::array<double, kCells>, kLow>& cosines() {
  static const auto table = [] {
    std::array<std::array<double, kCells>, kLow> t;
    for (int k = 0; k < kLow; ++k)
      for (int i = 0; i < kCells; ++i)
        t[static_cast<size_t>(k)][static_cast<size_t>(i)] = std::cos(std::numbers::pi * k * (2 * i + 1) / (2 * kCells));
    return t;
  }();
  return table;
}

uint64_t window_hash(const Sums& sums, const Window& window) {
  std::array<int, kCells + 1> xs, ys;
  for (size_t i = 0; i <= kCells; ++i) {
    const double f = static_cast<double>(i) / kCells;
    xs[i] = static_cast<int>(std::lround((window.left + (window.right - window.left) * f) * kFine));
    ys[i] = static_cast<int>(std::lround((window.top + (window.bottom - window.top) * f) * kFine));
  }
  std::array<std::array<double, kCells>, kLow> rows{};  // DCT along x: (frequency, y)
  const auto& table = cosines();
  for (size_t y = 0; y < kCells; ++y)
    for (size_t x = 0; x < kCells; ++x) {
      const double value = sums.mean(xs[x], ys[y], xs[x + 1], ys[y + 1]);
      for (size_t k = 0; k < kLow; ++k) rows[k][y] += value * table[k][x];
    }
  uint64_t hash = 0;
  for (size_t v = 0; v < kLow; ++v)
    for (size_t u = 0; u < kLow; ++u) {
      double sum = 0;
      for (size_t y = 0; y < kCells; ++y) sum += rows[u][y] * table[v][y];
      hash = hash << 1 | static_cast<uint64_t>((u || v) && sum > 0);
    }
  return hash;
}

/// Grey values of a window at kSamples x kSamples places, between pixels by straight lines.
void sample(const CropPrint& print, const Window& w, std::vector<float>& out) {
  constexpr int kSide = CropPrint::kSide;
  out.resize(kSamples * kSamples);
  struct Place {
    size_t low;
    float part;
  };
  const auto places = [&](double from, double to) {
    std::array<Place, kSamples> p;
    for (int i = 0; i < kSamples; ++i) {
      const double at = std::clamp((from + (to - from) * (i + 0.5) / kSamples) * kSide - 0.5, 0.0, kSide - 1.0);
      const auto low = std::min(static_cast<size_t>(at), static_cast<size_t>(kSide - 2));
      p[static_cast<size_t>(i)] = {low, static_cast<float>(at - static_cast<double>(low))};
    }
    return p;
  };
  const auto xs = places(w.left, w.right), ys = places(w.top, w.bottom);
  for (size_t y = 0; y < kSamples; ++y)
    for (size_t x = 0; x < kSamples; ++x) {
      const uint8_t* p = &print.grey[ys[y].low * kSide + xs[x].low];
      const float top = p[0] + (p[1] - p[0]) * xs[x].part;
      const float bottom = p[kSide] + (p[kSide + 1] - p[kSide]) * xs[x].part;
      out[y * kSamples + x] = top + (bottom - top) * ys[y].part;
    }
}

/// Pearson's; 0 where either side is plain.
double correlation(const std::vector<float>& a, const std::vector<float>& b) {
  double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    sa += x;
    sb += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  const auto n = static_cast<double>(a.size());
  const double va = aa - sa * sa / n, vb = bb - sb * sb / n;
  return va > n && vb > n ? (ab - sa * sb / n) / std::sqrt(va * vb) : 0;
}

/// Of the differences between neighbours, across and down: the same light above the same dark is no likeness yet.
double edge_correlation(const std::vector<float>& a, const std::vector<float>& b) {
  double aa = 0, bb = 0, ab = 0;
  for (size_t y = 0; y + 1 < kSamples; ++y)
    for (size_t x = 0; x + 1 < kSamples; ++x) {
      const size_t i = y * kSamples + x;
      for (const size_t next : {i + 1, i + kSamples}) {
        const double da = a[next] - a[i], db = b[next] - b[i];
        aa += da * da;
        bb += db * db;
        ab += da * db;
      }
    }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

bool is_inside(const Window& w) {
  return w.left >= 0 && w.top >= 0 && w.right <= 1 && w.bottom <= 1 && w.right - w.left >= 0.5 &&
         w.bottom - w.top >= 0.5;
}

/// How alike a part and a window are.
struct Likeness {
  double correlation = 0, edges = 0;
};

/// The best correlation of the part with a window of the whole near `w`: each side, and both of a direction, are moved
/// by ever smaller steps while that helps.
Likeness fit(const CropPrint& part, const CropPrint& whole, Window w) {
  constexpr double kHopeless = 0.5;
  std::vector<float> wanted, got;
  sample(part, {}, wanted);
  sample(whole, w, got);
  double best = correlation(wanted, got);
  if (best < kHopeless) return {best, 0};
  for (double step = 0.04; step > 0.004; step /= 2)
    for (bool better = true; better;) {
      better = false;
      for (int move = 0; move < 12; ++move) {
        const double d = move % 2 ? step : -step;
        Window next = w;
        if (move / 2 == 0 || move / 2 == 4) next.left += d;
        if (move / 2 == 1 || move / 2 == 4) next.right += d;
        if (move / 2 == 2 || move / 2 == 5) next.top += d;
        if (move / 2 == 3 || move / 2 == 5) next.bottom += d;
        if (!is_inside(next)) continue;
        sample(whole, next, got);
        if (const double c = correlation(wanted, got); c > best) {
          best = c;
          w = next;
          better = true;
        }
      }
    }
  sample(whole, w, got);
  return {best, edge_correlation(wanted, got)};
}

}  // namespace

CropPrint crop_print(const Image& image) {
  if (image.channels != 3 || image.width < 1 || image.height < 1)
    throw UsageError("crop", "expected an RGB picture, got {}x{} with {} channels", image.width, image.height,
                     image.channels);
  CropPrint print;
  SENSORIUM_ASSERT(windows().size() == CropPrint::kWindows);
  const Sums sums(grey(image, kFine));
  for (size_t w = 0; w < CropPrint::kWindows; ++w) print.hashes[w] = window_hash(sums, windows()[w]);
  const std::vector<uint8_t> small = grey(image, CropPrint::kSide);
  std::copy(small.begin(), small.end(), print.grey.begin());
  return print;
}

std::vector<CropPair> find_crops(std::span<const CropPrint> pictures, const CropSimilarity& similarity, int threads) {
  constexpr size_t kW = CropPrint::kWindows;
  std::vector<uint64_t> parts, all;
  for (const CropPrint& p : pictures) {
    parts.push_back(p.hashes[0]);
    all.insert(all.end(), p.hashes.begin(), p.hashes.end());
  }
  // Of each pair of pictures the windows that come near, to start from.
  std::map<std::pair<uint32_t, uint32_t>, std::vector<uint32_t>> candidates;
  for_each_near_pair(parts, all, similarity.max_bits, [&](uint32_t part, uint32_t window) {
    const auto whole = static_cast<uint32_t>(window / kW);
    if (whole == part) return;
    std::vector<uint32_t>& list = candidates[{part, whole}];
    if (std::find(list.begin(), list.end(), window % kW) == list.end())
      list.push_back(static_cast<uint32_t>(window % kW));
  });
  std::vector<CropPair> pairs;
  std::vector<const std::vector<uint32_t>*> starts;
  for (const auto& [pair, list] : candidates) {
    pairs.push_back({pair.first, pair.second, 0});
    starts.push_back(&list);
  }
  parallel_for(pairs.size(), threads, [&](size_t i) {
    CropPair& pair = pairs[i];
    for (const uint32_t w : *starts[i]) {
      if (pair.correlation >= similarity.min_correlation) break;
      const Likeness found = fit(pictures[pair.part], pictures[pair.whole], windows()[w]);
      if (found.edges >= similarity.min_edges)
        pair.correlation = std::max(pair.correlation, static_cast<float>(found.correlation));
    }
  });
  std::erase_if(pairs, [&](const CropPair& p) { return p.correlation < similarity.min_correlation; });
  return pairs;
}

}  // namespace sensorium
