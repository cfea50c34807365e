#include "sensorium/eval/caption_scores.h"

#include "sensorium/base/error.h"
#include "sensorium/eval/ngrams.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sensorium {
namespace {

constexpr int kOrders = 4;

int64_t closest_length(int64_t length, const std::vector<int64_t>& references) {
  return *std::min_element(references.begin(), references.end(), [&](int64_t a, int64_t b) {
    const int64_t da = std::abs(a - length), db = std::abs(b - length);
    return da != db ? da < db : a < b;
  });
}

CorpusScore mean_over_items(std::vector<double> items) {
  CorpusScore score;
  score.corpus = std::accumulate(items.begin(), items.end(), 0.0) / static_cast<double>(items.size());
  score.items = std::move(items);
  return score;
}

using Words = std::vector<int32_t>;

/// A text's n-grams by weight, one map an order, with their lengths as vectors.
struct WeightedNgrams {
  std::array<std::map<Ngram, double>, kOrders> weights;
  std::array<double, kOrders> norms{};
  int64_t bigrams = 0;
};

/// Inverse document frequencies of a set's references.
class Cider {
 public:
  explicit Cider(const CaptionSet& set) : log_items_(std::log(static_cast<double>(set.candidates.size()))) {
    for (const auto& references : set.references) {
      NgramCounts seen;
      for (const std::string& r : references)
        for (int n = 1; n <= kOrders; ++n) raise_to(seen, count_ngrams(words_of(r), n));
      for (const auto& [gram, count] : seen) ++frequency_[gram];
    }
  }

  double score(const std::string& candidate, const std::vector<std::string>& references, bool clipped) {
    const WeightedNgrams c = weighted(words_of(candidate));
    double sum = 0;
    for (const std::string& r : references) sum += similarity(c, weighted(words_of(r)), clipped);
    return 10 * sum / kOrders / static_cast<double>(references.size());
  }

 private:
  Words words_of(const std::string& text) { return numbers_.numbered(split_white_space(text)); }

  WeightedNgrams weighted(const Words& words) const {
    WeightedNgrams v;
    for (int n = 1; n <= kOrders; ++n) {
      const auto order = static_cast<size_t>(n - 1);
      for (const auto& [gram, count] : count_ngrams(words, n)) {
        const auto found = frequency_.find(gram);
        const double documents = found == frequency_.end() ? 1 : static_cast<double>(found->second);
        const double weight = static_cast<double>(count) * (log_items_ - std::log(documents));
        v.weights[order][gram] = weight;
        v.norms[order] += weight * weight;
      }
      v.norms[order] = std::sqrt(v.norms[order]);
    }
    v.bigrams = std::max<int64_t>(0, static_cast<int64_t>(words.size()) - 1);
    return v;
  }

  static double similarity(const WeightedNgrams& c, const WeightedNgrams& r, bool clipped) {
    const double difference = static_cast<double>(c.bigrams - r.bigrams);
    const double penalty = clipped ? std::exp(-difference * difference / 72) : 1;
    double sum = 0;
    for (size_t n = 0; n < kOrders; ++n) {
      if (c.norms[n] == 0 || r.norms[n] == 0) continue;
      double product = 0;
      for (const auto& [gram, weight] : c.weights[n])
        if (const auto other = r.weights[n].find(gram); other != r.weights[n].end())
          product += (clipped ? std::min(weight, other->second) : weight) * other->second;
      sum += product / (c.norms[n] * r.norms[n]) * penalty;
    }
    return sum;
  }

  double log_items_;
  WordNumbers numbers_;
  std::map<Ngram, int64_t> frequency_;
};

CorpusScore cider_of(const CaptionSet& set, bool clipped) {
  require_captions(set, "cider");
  Cider scorer(set);
  std::vector<double> items;
  for (size_t i = 0; i < set.candidates.size(); ++i)
    items.push_back(scorer.score(set.candidates[i], set.references[i], clipped));
  return mean_over_items(std::move(items));
}

}  // namespace

void require_captions(const CaptionSet& set, const std::string& operation) {
  if (set.candidates.empty() || set.candidates.size() != set.references.size())
    throw InputError(operation, "expected references for each candidate, at least one candidate, got {} and {}",
                     set.references.size(), set.candidates.size());
  for (size_t i = 0; i < set.references.size(); ++i)
    if (set.references[i].empty()) throw InputError(operation, "expected a reference for candidate {}, got none", i);
}

void BleuCounts::add(const BleuCounts& other) {
  for (size_t n = 0; n < right.size(); ++n) {
    right[n] += other.right[n];
    counted[n] += other.counted[n];
  }
  length += other.length;
  reference_length += other.reference_length;
}

std::array<double, 4> BleuCounts::bleu() const {
  constexpr double kTiny = 1e-15, kSmall = 1e-9;  // pycocoevalcap's guards against 0 and 0/0
  std::array<double, 4> score{};
  double product = 1;
  const double ratio = (static_cast<double>(length) + kTiny) / (static_cast<double>(reference_length) + kSmall);
  for (size_t n = 0; n < score.size(); ++n) {
    product *= (static_cast<double>(right[n]) + kTiny) / (static_cast<double>(counted[n]) + kSmall);
    score[n] = std::pow(product, 1 / static_cast<double>(n + 1));
    if (ratio < 1) score[n] *= std::exp(1 - 1 / ratio);
  }
  return score;
}

std::vector<BleuCounts> bleu_counts(const CaptionSet& set) {
  require_captions(set, "bleu");
  std::vector<BleuCounts> counts;
  WordNumbers numbers;
  for (size_t i = 0; i < set.candidates.size(); ++i) {
    const Words candidate = numbers.numbered(split_white_space(set.candidates[i]));
    BleuCounts own;
    std::vector<int64_t> lengths;
    std::array<NgramCounts, kOrders> largest;
    for (const std::string& text : set.references[i]) {
      const Words reference = numbers.numbered(split_white_space(text));
      lengths.push_back(static_cast<int64_t>(reference.size()));
      for (int n = 1; n <= kOrders; ++n) raise_to(largest[static_cast<size_t>(n - 1)], count_ngrams(reference, n));
    }
    own.length = static_cast<int64_t>(candidate.size());
    own.reference_length = closest_length(own.length, lengths);
    for (int n = 1; n <= kOrders; ++n) {
      const auto order = static_cast<size_t>(n - 1);
      own.right[order] = overlap(count_ngrams(candidate, n), largest[order]);
      own.counted[order] = std::max<int64_t>(0, own.length - n + 1);
    }
    counts.push_back(own);
  }
  return counts;
}

std::array<CorpusScore, 4> bleu(const CaptionSet& set) {
  std::array<CorpusScore, 4> scores;
  BleuCounts all;
  for (const BleuCounts& own : bleu_counts(set)) {
    all.add(own);
    const auto of_item = own.bleu();
    for (size_t n = 0; n < scores.size(); ++n) scores[n].items.push_back(of_item[n]);
  }
  const auto of_all = all.bleu();
  for (size_t n = 0; n < scores.size(); ++n) scores[n].corpus = of_all[n];
  return scores;
}

CorpusScore rouge_l(const CaptionSet& set) {
  require_captions(set, "rouge-l");
  constexpr double kBeta2 = 1.2 * 1.2;
  WordNumbers numbers;
  std::vector<double> items;
  for (size_t i = 0; i < set.candidates.size(); ++i) {
    const Words candidate = numbers.numbered(split_spaces(set.candidates[i]));
    double precision = 0, recall = 0;
    for (const std::string& text : set.references[i]) {
      const Words reference = numbers.numbered(split_spaces(text));
      const auto common = static_cast<double>(longest_common_subsequence(candidate, reference));
      precision = std::max(precision, common / static_cast<double>(candidate.size()));
      recall = std::max(recall, common / static_cast<double>(reference.size()));
    }
    items.push_back(precision > 0 && recall > 0 ? (1 + kBeta2) * precision * recall / (recall + kBeta2 * precision)
                                                : 0);
  }
  return mean_over_items(std::move(items));
}

CorpusScore cider(const CaptionSet& set) {
  return cider_of(set, false);
}

CorpusScore cider_d(const CaptionSet& set) {
  return cider_of(set, true);
}

}  // namespace sensorium
