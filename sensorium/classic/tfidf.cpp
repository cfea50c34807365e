#include "sensorium/classic/tfidf.h"

#include "sensorium/base/error.h"
#include "sensorium/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace sensorium::classic {

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::u32string word;
  const auto take = [&] {
    if (word.size() >= 2) words.push_back(unicode::encode(word));
    word.clear();
  };
  for (const char32_t c : unicode::python_lower(unicode::decode(text))) {
    if (unicode::is_letter(c) || unicode::is_number(c) || c == U'_')
      word += c;
    else
      take();
  }
  take();
  return words;
}

Tfidf fit_tfidf(const std::vector<std::string>& texts, bool sublinear) {
  std::map<std::string, int64_t> documents;  // bytes of UTF-8 sort as code points do
  for (const std::string& text : texts) {
    const std::vector<std::string> words = words_of(text);
    for (const std::string& word : std::set<std::string>(words.begin(), words.end())) ++documents[word];
  }
  if (documents.empty()) throw InputError("tfidf", "expected texts with words of two letters or more, got none");
  Tfidf model;
  model.sublinear = sublinear;
  model.idf.resize(static_cast<Index>(documents.size()));
  for (const auto& [word, count] : documents) {
    model.idf(static_cast<Index>(model.vocabulary.size())) =
        std::log((1.0 + static_cast<double>(texts.size())) / (1.0 + static_cast<double>(count))) + 1;
    model.vocabulary.push_back(word);
  }
  return model;
}

Matrix Tfidf::counts(const std::vector<std::string>& texts) const {
  Matrix out = Matrix::Zero(static_cast<Index>(texts.size()), static_cast<Index>(vocabulary.size()));
  for (Index i = 0; i < out.rows(); ++i)
    for (const std::string& word : words_of(texts[static_cast<size_t>(i)])) {
      const auto at = std::lower_bound(vocabulary.begin(), vocabulary.end(), word);
      if (at != vocabulary.end() && *at == word) out(i, at - vocabulary.begin()) += 1;
    }
  return out;
}

Matrix Tfidf::transform(const std::vector<std::string>& texts) const {
  Matrix out = counts(texts);
  if (sublinear) out = (out.array() > 0).select(out.array().max(1).log() + 1, 0.0);
  out.array().rowwise() *= idf.transpose().array();
  for (Index i = 0; i < out.rows(); ++i)
    if (const double norm = out.row(i).norm(); norm > 0) out.row(i) /= norm;
  return out;
}

}  // namespace sensorium::classic
