#include "sensorium/base/error.h"
#include "sensorium/models/generate.h"
#include "sensorium/models/logits_processors.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sensorium {
namespace {

/// As low as transformers puts what must not be chosen. Added, not assigned: float32 loses the score under it.
constexpr float kNever = -1e9f;

struct Beam {
  std::vector<int64_t> ids;
  float score = kNever;
  bool finished = false;
};

/// One way to go on.
struct Candidate {
  float score;
  int64_t beam, token;
};

/// The search over one source.
struct Search {
  size_t source;
  std::vector<Beam> running, done;
  bool improvable = true;
};

/// Indices of the `count` largest values, best first; of equal ones the first.
template <class Value>
std::vector<size_t> largest(size_t n, size_t count, const Value& value) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  const auto better = [&](size_t a, size_t b) {
    const float x = value(a), y = value(b);
    return x != y ? x > y : a < b;
  };
  count = std::min(count, n);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), better);
  order.resize(count);
  return order;
}

class BeamSearch {
 public:
  BeamSearch(TokenDecoder& decoder, const std::vector<std::vector<int64_t>>& prompts, const GenerationOptions& options)
      : decoder_(decoder),
        o_(options),
        beams_(static_cast<size_t>(options.num_beams)),
        vocabulary_(static_cast<size_t>(decoder.vocab_size())),
        prompt_(prompts.front().size()) {
    for (size_t i = 0; i < prompts.size(); ++i) {
      Search s{i, std::vector<Beam>(beams_), std::vector<Beam>(beams_)};
      for (Beam& b : s.running) b.ids = prompts[i];
      for (Beam& b : s.done) b.ids = prompts[i];
      s.running.front().score = 0;  // the others begin alike: only one may speak
      searches_.push_back(std::move(s));
    }
  }

  std::vector<GeneratedText> run() {
    std::vector<GeneratedText> texts(searches_.size() * static_cast<size_t>(o_.num_return_sequences));
    std::vector<float> scores = first_scores();
    for (int64_t step = 0;; ++step) {
      std::vector<int64_t> rows;
      const bool last = step + 1 == o_.max_new_tokens;
      for (size_t s = 0; s < searches_.size(); ++s)
        advance(searches_[s], scores.data() + s * beams_ * vocabulary_, last, s, rows);
      retire(last, texts, rows);
      if (searches_.empty()) return texts;
      std::vector<int64_t> next;
      for (const Search& s : searches_)
        for (const Beam& b : s.running) next.push_back(b.ids.back());
      scores = decoder_.feed(next, static_cast<int64_t>(next.size()));
    }
  }

 private:
  /// The prompts go through the model once a source; then every source gets its beams.
  std::vector<float> first_scores() {
    std::vector<int64_t> ids, rows;
    for (const Search& s : searches_) ids.insert(ids.end(), s.running.front().ids.begin(), s.running.front().ids.end());
    const std::vector<float> once = decoder_.feed(ids, static_cast<int64_t>(searches_.size()));
    std::vector<float> scores;
    scores.reserve(once.size() * beams_);
    for (size_t s = 0; s < searches_.size(); ++s)
      for (size_t b = 0; b < beams_; ++b) {
        rows.push_back(static_cast<int64_t>(s));
        const auto row = once.begin() + static_cast<std::ptrdiff_t>(s * vocabulary_);
        scores.insert(scores.end(), row, row + static_cast<std::ptrdiff_t>(vocabulary_));
      }
    decoder_.select(rows, nullptr);
    return scores;
  }

  float length_divisor(size_t new_tokens) const {
    return static_cast<float>(std::pow(static_cast<double>(new_tokens), o_.length_penalty));
  }

  /// One step of one source; appends the former rows of its new beams to `rows`.
  void advance(Search& s, float* scores, bool last, size_t place, std::vector<int64_t>& rows) {
    for (size_t b = 0; b < beams_; ++b) {
      const std::span<float> row(scores + b * vocabulary_, vocabulary_);
      log_softmax_row(row);
      process_scores(row, s.running[b].ids, prompt_, o_);
      for (float& v : row) v += s.running[b].score;
    }
    // Twice as many as beams: enough to go on with, even where each beam's best is the end.
    std::vector<Candidate> best;
    for (const size_t i : largest(beams_ * vocabulary_, 2 * beams_, [&](size_t i) { return scores[i]; }))
      best.push_back({scores[i], static_cast<int64_t>(i / vocabulary_), static_cast<int64_t>(i % vocabulary_)});
    const auto ends = [&](const Candidate& c) { return last || c.token == o_.end_token_id; };
    const size_t length = s.running.front().ids.size() + 1;
    finish(s, best, ends, length);
    std::vector<Beam> next;
    const auto going = [&](size_t i) { return best[i].score + (ends(best[i]) ? kNever : 0.f); };
    for (const size_t i : largest(best.size(), beams_, going)) {
      next.push_back({s.running[static_cast<size_t>(best[i].beam)].ids, going(i), false});
      next.back().ids.push_back(best[i].token);
      rows.push_back(static_cast<int64_t>(place * beams_) + best[i].beam);
    }
    s.running = std::move(next);
    update_improvable(s, length);
  }

  /// Takes over candidates that have ended, where they beat what is done.
  template <class Ends>
  void finish(Search& s, const std::vector<Candidate>& best, const Ends& ends, size_t length) {
    const bool full = std::all_of(s.done.begin(), s.done.end(), [](const Beam& b) { return b.finished; });
    std::vector<Beam> all = s.done;
    for (size_t i = 0; i < best.size(); ++i) {
      const bool ended = ends(best[i]) && i < beams_;
      float score = best[i].score / length_divisor(length - prompt_);
      if (full && o_.early_stopping == EarlyStopping::yes) score += kNever;
      if (!s.improvable) score += kNever;
      if (!ended) score += kNever;
      Beam beam{{}, score, ended};
      if (ended) {
        beam.ids = s.running[static_cast<size_t>(best[i].beam)].ids;
        beam.ids.push_back(best[i].token);
      }
      all.push_back(std::move(beam));
    }
    std::vector<Beam> kept;
    for (const size_t i : largest(all.size(), beams_, [&](size_t i) { return all[i].score; })) kept.push_back(all[i]);
    s.done = std::move(kept);
  }

  /// Whether the best running beam could still beat the worst that is done (Note of EarlyStopping).
  void update_improvable(Search& s, size_t length) {
    const bool at_most = o_.early_stopping == EarlyStopping::never && o_.length_penalty > 0;
    const size_t new_tokens = at_most ? static_cast<size_t>(o_.max_new_tokens) : length - prompt_;
    const float possible = s.running.front().score / length_divisor(new_tokens);
    float worst = s.done.front().score;
    for (const Beam& b : s.done) worst = std::min(worst, b.score);
    const bool any = std::any_of(s.done.begin(), s.done.end(),
                                 [&](const Beam& b) { return possible > (b.finished ? worst : kNever); });
    s.improvable = s.improvable && any;
  }

  bool over(const Search& s) const {
    const bool full = std::all_of(s.done.begin(), s.done.end(), [](const Beam& b) { return b.finished; });
    return !s.improvable || (full && o_.early_stopping == EarlyStopping::yes);
  }

  /// Hands out what is over, and takes its rows out of the decoder.
  void retire(bool last, std::vector<GeneratedText>& texts, std::vector<int64_t>& rows) {
    std::vector<Search> going;
    std::vector<int64_t> kept_rows, kept_sources;
    const auto returned = static_cast<size_t>(o_.num_return_sequences);
    for (size_t i = 0; i < searches_.size(); ++i) {
      Search& s = searches_[i];
      if (last || over(s)) {
        for (size_t k = 0; k < returned; ++k)
          texts[s.source * returned + k] = {s.done[k].ids, static_cast<double>(s.done[k].score)};
        continue;
      }
      kept_sources.push_back(static_cast<int64_t>(i));
      const auto row = rows.begin() + static_cast<std::ptrdiff_t>(i * beams_);
      kept_rows.insert(kept_rows.end(), row, row + static_cast<std::ptrdiff_t>(beams_));
      going.push_back(std::move(s));
    }
    const bool fewer = going.size() < searches_.size();
    searches_ = std::move(going);
    if (!searches_.empty()) decoder_.select(kept_rows, fewer ? &kept_sources : nullptr);
  }

  TokenDecoder& decoder_;
  const GenerationOptions& o_;
  size_t beams_, vocabulary_, prompt_;
  std::vector<Search> searches_;
};

}  // namespace

std::vector<GeneratedText> search_beams(TokenDecoder& decoder, const std::vector<std::vector<int64_t>>& prompts,
                                        const GenerationOptions& options) {
  if (2 * options.num_beams > decoder.vocab_size())
    throw UsageError("generate", "expected at most {} beams (half the vocabulary), got {}", decoder.vocab_size() / 2,
                     options.num_beams);
  return BeamSearch(decoder, prompts, options).run();
}

}  // namespace sensorium
