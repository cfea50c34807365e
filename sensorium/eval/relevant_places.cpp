#include "sensorium/eval/relevant_places.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

double discount(int64_t place) {
  return 1 / std::log2(static_cast<double>(place) + 1);
}

double ideal_gain(size_t relevant, int64_t k) {
  double sum = 0;
  for (int64_t place = 1; place <= std::min(k, static_cast<int64_t>(relevant)); ++place) sum += discount(place);
  return sum;
}

/// Calls body(first, count) for runs of places that share a score.
template <class Body>
void for_each_tie(std::span<const RelevantPlace> places, Body&& body) {
  for (size_t first = 0; first < places.size();) {
    size_t last = first;
    while (last < places.size() && places[last].greater == places[first].greater) ++last;
    body(first, last - first);
    first = last;
  }
}

}  // namespace

std::vector<RelevantPlace> relevant_places(std::span<const double> scores, std::span<const int64_t> relevant) {
  std::vector<RelevantPlace> places;
  for (const int64_t own : relevant) {
    const auto id = static_cast<size_t>(own);
    RelevantPlace p{0, 0, 0};
    for (const double s : scores) {
      p.greater += s > scores[id];
      p.equal += s == scores[id];
    }
    if (p.equal > 1) p.lower = std::count(scores.begin(), scores.begin() + own, scores[id]);
    places.push_back(p);
  }
  std::sort(places.begin(), places.end());
  return places;
}

std::vector<RelevantPlace> places_by_chance(int64_t gallery, int64_t relevant) {
  return std::vector<RelevantPlace>(static_cast<size_t>(relevant), RelevantPlace{0, gallery, 0});
}

RankLaw first_law(std::span<const RelevantPlace> places) {
  SENSORIUM_ASSERT(!places.empty());
  const RelevantPlace& best = places[0];
  int64_t tied = 0;
  for (const RelevantPlace& p : places) tied += p.greater == best.greater;
  return {best.greater, tied, best.equal - tied};
}

std::vector<int64_t> places_under(std::span<const RelevantPlace> places, TieRule rule) {
  SENSORIUM_ASSERT(rule == TieRule::lower_id_first || rule == TieRule::optimistic || rule == TieRule::pessimistic);
  std::vector<int64_t> out;
  for_each_tie(places, [&](size_t first, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const RelevantPlace& p = places[first + i];
      const auto own = static_cast<int64_t>(i);
      const int64_t others = p.equal - static_cast<int64_t>(count);
      out.push_back(p.greater + 1 +
                    (rule == TieRule::lower_id_first ? p.lower
                     : rule == TieRule::optimistic   ? own
                                                     : others + own));
    }
  });
  return out;
}

double recall_fraction_at(std::span<const int64_t> places, int64_t k) {
  const auto within = std::upper_bound(places.begin(), places.end(), k) - places.begin();
  return static_cast<double>(within) / static_cast<double>(places.size());
}

double precision_at(std::span<const int64_t> places, int64_t k) {
  return recall_fraction_at(places, k) * static_cast<double>(places.size()) / static_cast<double>(k);
}

double average_precision_at(std::span<const int64_t> places, int64_t k) {
  double sum = 0;
  for (size_t i = 0; i < places.size() && places[i] <= k; ++i)
    sum += static_cast<double>(i + 1) / static_cast<double>(places[i]);
  return sum / static_cast<double>(std::min(k, static_cast<int64_t>(places.size())));
}

double ndcg_at(std::span<const int64_t> places, int64_t k) {
  double sum = 0;
  for (size_t i = 0; i < places.size() && places[i] <= k; ++i) sum += discount(places[i]);
  return sum / ideal_gain(places.size(), k);
}

TieExpectations::TieExpectations(int64_t gallery) : harmonic_(static_cast<size_t>(gallery) + 1) {
  for (size_t n = 1; n < harmonic_.size(); ++n) harmonic_[n] = harmonic_[n - 1] + 1 / static_cast<double>(n);
}

double TieExpectations::average_precision(std::span<const RelevantPlace> places) const {
  double sum = 0;
  for_each_tie(places, [&](size_t first, size_t count) {
    const auto before = static_cast<double>(first), p = static_cast<double>(count),
               n = static_cast<double>(places[first].equal);
    const auto greater = static_cast<size_t>(places[first].greater);
    // An item at place greater + j has, in expectation, before + 1 + (j - 1) slope relevant ones down to itself.
    const double slope = n > 1 ? (p - 1) / (n - 1) : 0;
    const double constant = before + 1 - slope * (static_cast<double>(greater) + 1);
    const double inverse = harmonic_[greater + static_cast<size_t>(places[first].equal)] - harmonic_[greater];
    sum += p / n * (constant * inverse + slope * n);
  });
  return sum / static_cast<double>(places.size());
}

double TieExpectations::ndcg_at(std::span<const RelevantPlace> places, int64_t k) const {
  double sum = 0;
  for_each_tie(places, [&](size_t first, size_t count) {
    const RelevantPlace& p = places[first];
    double discounts = 0;
    for (int64_t place = p.greater + 1; place <= std::min(k, p.greater + p.equal); ++place)
      discounts += discount(place);
    sum += discounts * static_cast<double>(count) / static_cast<double>(p.equal);
  });
  return sum / ideal_gain(places.size(), k);
}

}  // namespace sensorium
