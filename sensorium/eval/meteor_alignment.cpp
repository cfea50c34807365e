#include "sensorium/eval/meteor_alignment.h"

#include <algorithm>
#include <cstdlib>

namespace sensorium {
namespace {

constexpr size_t kBeam = 40;
using Matches = std::vector<std::vector<MeteorMatch>>;

/// A match taken and, by place in the arena, the one before; -1 for none.
struct Taken {
  const MeteorMatch* match;
  int32_t before;
};

/// What readings are compared by.
struct Merits {
  int64_t weight = 0, chunks = 0, distance = 0;
};

bool better(const Merits& a, const Merits& b) {
  if (a.weight != b.weight) return a.weight > b.weight;
  if (a.chunks != b.chunks) return a.chunks < b.chunks;
  return a.distance < b.distance;
}

/// The reference read up to some word.
struct Reading {
  int32_t next = 0;   // the first word of the reference that is neither covered nor passed over
  int32_t last = -1;  // taken last, in the arena
  bool open = false;  // a chunk goes on after it
  Merits merits;
  std::vector<bool> covered;  // of the candidate
};

/// One way to read on: most are dropped before anything is copied for them.
struct Step {
  size_t from = 0;  // among the readings
  enum { waits, passes, takes } what = waits;
  const MeteorMatch* match = nullptr;  // where it takes one
  Merits merits;                       // afterwards
};

int64_t weight_of(const MeteorMatch& m) {
  if (m.module == MeteorModule::exact) return m.length + m.reference_length;
  return m.length / 2 + m.reference_length / 2;
}

int64_t distance_of(const MeteorMatch& m) {
  return std::abs(m.start - m.reference_start);
}

/// For each word of the reference the match there that touches no other, if any.
std::vector<const MeteorMatch*> settled_matches(const Matches& matches, size_t candidate_words) {
  std::vector<int32_t> in_candidate(candidate_words), in_reference(matches.size());
  const auto touched = [&](const MeteorMatch& m, const auto& each) {
    for (int32_t i = 0; i < m.length; ++i) each(in_candidate[static_cast<size_t>(m.start + i)]);
    for (int32_t i = 0; i < m.reference_length; ++i) each(in_reference[static_cast<size_t>(m.reference_start + i)]);
  };
  for (const auto& here : matches)
    for (const MeteorMatch& m : here) touched(m, [](int32_t& n) { ++n; });
  std::vector<const MeteorMatch*> settled(matches.size());
  for (size_t r = 0; r < matches.size(); ++r)
    for (const MeteorMatch& m : matches[r]) {
      bool alone = true;
      touched(m, [&](int32_t n) { alone = alone && n == 1; });
      if (alone) settled[r] = &m;
    }
  return settled;
}

class Search {
 public:
  Search(const Matches& matches, size_t candidate_words)
      : matches_(matches), settled_(settled_matches(matches, candidate_words)), readings_(1) {
    readings_[0].covered.resize(candidate_words);
  }

  MeteorAlignment run() {
    for (size_t word = 0; word < matches_.size(); ++word) {
      std::vector<Step> steps;
      for (size_t r = 0; r < readings_.size(); ++r) add_steps(r, word, steps);
      std::stable_sort(steps.begin(), steps.end(),
                       [](const Step& a, const Step& b) { return better(a.merits, b.merits); });
      if (steps.size() > kBeam) steps.resize(kBeam);
      std::vector<Reading> longer;
      for (const Step& step : steps) longer.push_back(after(step));
      readings_ = std::move(longer);
    }
    for (Reading& r : readings_) r.merits.chunks += r.open ? 1 : 0;
    const Reading& best = *std::min_element(readings_.begin(), readings_.end(), [](const Reading& a, const Reading& b) {
      return better(a.merits, b.merits);
    });
    MeteorAlignment alignment;
    alignment.chunks = best.merits.chunks;
    for (int32_t at = best.last; at >= 0; at = arena_[static_cast<size_t>(at)].before)
      alignment.matches.push_back(*arena_[static_cast<size_t>(at)].match);
    std::reverse(alignment.matches.begin(), alignment.matches.end());
    return alignment;
  }

 private:
  void add_steps(size_t from, size_t word, std::vector<Step>& steps) const {
    const Reading& reading = readings_[from];
    Merits merits = reading.merits;
    if (reading.next > static_cast<int32_t>(word)) {
      steps.push_back({from, Step::waits, nullptr, merits});
      return;
    }
    if (const MeteorMatch* m = settled_[word]; m != nullptr) {
      steps.push_back({from, Step::takes, m, taking(reading, merits, *m)});
      return;
    }
    for (const MeteorMatch& m : matches_[word]) {
      const auto first = reading.covered.begin() + m.start;
      if (std::find(first, first + m.length, true) != first + m.length) continue;
      steps.push_back({from, Step::takes, &m, taking(reading, merits, m)});
      merits.distance += distance_of(m);
    }
    merits.chunks += reading.open ? 1 : 0;
    steps.push_back({from, Step::passes, nullptr, merits});
  }

  Merits taking(const Reading& reading, Merits merits, const MeteorMatch& m) const {
    merits.weight += weight_of(m);
    if (reading.open) {
      const MeteorMatch& before = *arena_[static_cast<size_t>(reading.last)].match;
      merits.chunks += before.start + before.length == m.start ? 0 : 1;
    }
    return merits;
  }

  Reading after(const Step& step) {
    Reading reading = readings_[step.from];
    reading.merits = step.merits;
    if (step.what == Step::passes) {
      reading.open = false;
      ++reading.next;
    } else if (step.what == Step::takes) {
      std::fill_n(reading.covered.begin() + step.match->start, step.match->length, true);
      reading.next += step.match->reference_length;
      reading.open = true;
      arena_.push_back({step.match, reading.last});
      reading.last = static_cast<int32_t>(arena_.size() - 1);
    }
    return reading;
  }

  const Matches& matches_;
  std::vector<const MeteorMatch*> settled_;
  std::vector<Taken> arena_;
  std::vector<Reading> readings_;
};

}  // namespace

MeteorAlignment align_meteor(const Matches& matches, size_t candidate_words) {
  return Search(matches, candidate_words).run();
}

}  // namespace sensorium
