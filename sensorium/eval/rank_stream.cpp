#include "sensorium/eval/rank_stream.h"

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"
#include "sensorium/eval/ranking_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

namespace sensorium {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int64_t kRows = 96;         // images a tile: with a panel of width 512 they fit a core's second cache
constexpr int64_t kBlockPanels = 16;  // panels of texts a task

void require_finite(const EmbeddingRows& rows, std::string_view what, int threads) {
  parallel_for(static_cast<size_t>((rows.count() + 1023) / 1024), threads, [&](size_t block) {
    const auto first = static_cast<int64_t>(block) * 1024;
    for (int64_t i = first; i < std::min(rows.count(), first + 1024); ++i) {
      double square = 0;  // finite in double, and small enough for sums in float32, or not at all
      for (const float x : rows.row(i)) square += static_cast<double>(x) * static_cast<double>(x);
      if (!(square < 1e37))
        throw InputError("evaluate retrieval",
                         "expected finite embeddings below 1e18, got {} as squared length of {} {}", square, what, i);
    }
  });
}

class Stream {
 public:
  Stream(const EmbeddingRows& images, const EmbeddingRows& texts, std::span<const int64_t> image_of_text, int threads)
      : images_(images), texts_(texts), image_of_text_(image_of_text) {
    pair_scores_.resize(image_of_text.size());
    const int64_t panels = (texts.count() + kPanel - 1) / kPanel;
    parallel_for(static_cast<size_t>(panels), threads, [&](size_t p) { score_pairs(static_cast<int64_t>(p)); });
    sort_by_image();
    places_.of_text.assign(image_of_text.size(), {0, 0, 0});
    places_.of_image.assign(image_of_text.size(), {0, 0, 0});
    const auto tasks = static_cast<size_t>((panels + kBlockPanels - 1) / kBlockPanels);
    parallel_for(tasks, threads, [&](size_t t) {
      const auto first = static_cast<int64_t>(t) * kBlockPanels;
      run_block(first, std::min(panels, first + kBlockPanels));
    });
  }
  PairPlaces take() { return std::move(places_); }

 private:
  /// Texts of image i are by_image_[starts_[i]] .. by_image_[starts_[i + 1]].
  void sort_by_image() {
    starts_.assign(static_cast<size_t>(images_.count()) + 1, 0);
    for (const int64_t i : image_of_text_) ++starts_[static_cast<size_t>(i) + 1];
    for (size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
    by_image_.resize(image_of_text_.size());
    auto next = starts_;
    for (size_t j = 0; j < image_of_text_.size(); ++j) by_image_[next[static_cast<size_t>(image_of_text_[j])]++] = j;
  }

  /// What a task counts of texts among texts: they may belong to any image.
  struct Counts {
    std::vector<int32_t> greater, equal, lower;
    explicit Counts(size_t n) : greater(n), equal(n), lower(n) {}
  };

  struct Panel {
    std::vector<float> packed, thresholds;
    std::vector<int32_t> above;
    int64_t first = 0, columns = 0;  // texts
  };

  Panel pack(int64_t index) const {
    Panel p{std::vector<float>(static_cast<size_t>(texts_.width * kPanel)), std::vector<float>(kPanel, kInfinity),
            std::vector<int32_t>(kPanel), index * kPanel, 0};
    p.columns = std::min(kPanel, texts_.count() - p.first);
    for (int64_t c = 0; c < p.columns; ++c) {
      const auto row = texts_.row(p.first + c);
      for (size_t k = 0; k < row.size(); ++k) p.packed[k * kPanel + static_cast<size_t>(c)] = row[k];
      p.thresholds[static_cast<size_t>(c)] = pair_scores_[static_cast<size_t>(p.first + c)];
    }
    return p;
  }

  /// Each text with its own image, by the kernel that later gives the other scores: the same bits.
  void score_pairs(int64_t index) {
    const Panel p = pack(index);
    std::vector<float> row(kPanel);
    for (int64_t c = 0; c < p.columns; ++c) {
      const auto text = static_cast<size_t>(p.first + c);
      kernels_.scores(1, images_.width, images_.row(image_of_text_[text]).data(), p.packed.data(), row.data());
      pair_scores_[text] = row[static_cast<size_t>(c)];
    }
  }

  void run_block(int64_t first_panel, int64_t last_panel) {
    std::vector<Panel> panels;
    for (int64_t p = first_panel; p < last_panel; ++p) panels.push_back(pack(p));
    Counts among_texts(image_of_text_.size());
    std::vector<float> tile(static_cast<size_t>(kRows * kPanel));
    for (int64_t i = 0; i < images_.count(); i += kRows) {
      const int64_t rows = std::min(kRows, images_.count() - i);
      for (Panel& p : panels) run_tile(i, rows, p, tile, among_texts);
    }
    for (const Panel& p : panels)
      for (int64_t c = 0; c < p.columns; ++c)
        places_.of_image[static_cast<size_t>(p.first + c)].greater = p.above[static_cast<size_t>(c)];
    const std::lock_guard lock(mutex_);
    for (size_t j = 0; j < places_.of_text.size(); ++j) {
      places_.of_text[j].greater += among_texts.greater[j];
      places_.of_text[j].equal += among_texts.equal[j];
      places_.of_text[j].lower += among_texts.lower[j];
    }
  }

  void run_tile(int64_t first_image, int64_t rows, Panel& panel, std::vector<float>& tile, Counts& among_texts) {
    kernels_.scores(rows, images_.width, images_.row(first_image).data(), panel.packed.data(), tile.data());
    bool equal = kernels_.count_columns(rows, tile.data(), panel.thresholds.data(), panel.above.data());
    for (int64_t r = 0; r < rows; ++r) {
      float* row = &tile[static_cast<size_t>(r * kPanel)];
      if (panel.columns < kPanel) std::fill(row + panel.columns, row + kPanel, -kInfinity);
      const auto image = static_cast<size_t>(first_image + r);
      for (size_t p = starts_[image]; p < starts_[image + 1]; ++p)
        among_texts.greater[by_image_[p]] += kernels_.count_row(row, pair_scores_[by_image_[p]], equal);
    }
    if (equal) count_equal(first_image, rows, panel, tile, among_texts);
  }

  void count_equal(int64_t first_image, int64_t rows, const Panel& panel, const std::vector<float>& tile,
                   Counts& among_texts) {
    for (int64_t r = 0; r < rows; ++r) {
      const float* row = &tile[static_cast<size_t>(r * kPanel)];
      const auto image = static_cast<size_t>(first_image + r);
      for (int64_t c = 0; c < panel.columns; ++c) {
        const auto text = static_cast<size_t>(panel.first + c);
        if (row[c] == panel.thresholds[static_cast<size_t>(c)]) {
          ++places_.of_image[text].equal;
          places_.of_image[text].lower += first_image + r < image_of_text_[text];
        }
        for (size_t p = starts_[image]; p < starts_[image + 1]; ++p) {
          if (row[c] != pair_scores_[by_image_[p]]) continue;
          ++among_texts.equal[by_image_[p]];
          among_texts.lower[by_image_[p]] += text < by_image_[p];
        }
      }
    }
  }

  const RankingKernels& kernels_ = ranking_kernels();
  const EmbeddingRows& images_;
  const EmbeddingRows& texts_;
  std::span<const int64_t> image_of_text_;
  std::vector<float> pair_scores_;  // of each text with its image
  std::vector<size_t> starts_, by_image_;
  PairPlaces places_;
  std::mutex mutex_;
};

}  // namespace

PairPlaces stream_places(const EmbeddingRows& images, const EmbeddingRows& texts,
                         std::span<const int64_t> image_of_text, int threads) {
  require_finite(images, "picture", threads);
  require_finite(texts, "caption", threads);
  return Stream(images, texts, image_of_text, threads).take();
}

}  // namespace sensorium
