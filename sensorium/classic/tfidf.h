#pragma once
// Texts as weighted counts of words: the first half of latent semantic analysis.

#include "sensorium/classic/matrix.h"

#include <map>
#include <string>

namespace sensorium::classic {

/// Words of a text: lower case, runs of two or more letters, digits or underscores (the regular expression
/// \b\w\w+\b of scikit-learn's vectorizers); single characters are dropped. Thread-safe.
std::vector<std::string> words_of(const std::string& text);

/// A vocabulary with each word's weight.
struct Tfidf {
  std::vector<std::string> vocabulary;  // sorted by code point
  Vector idf;                           // ln((1 + n) / (1 + df)) + 1
  bool sublinear = false;               // 1 + ln(count) instead of the count

  /// Rows of counts (texts x words); unknown words are dropped.
  Matrix counts(const std::vector<std::string>& texts) const;
  /// Counts times idf, each row of unit length; rows without a known word stay 0.
  Matrix transform(const std::vector<std::string>& texts) const;
};

/// From n texts. Throws InputError when none holds a word.
Tfidf fit_tfidf(const std::vector<std::string>& texts, bool sublinear = false);

}  // namespace sensorium::classic
