#include "sensorium/data/profile.h"

#include "sensorium/data/caption_rules.h"
#include "sensorium/data/language_guess.h"
#include "sensorium/text/unicode.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

constexpr int kBins = 40;
constexpr size_t kTop = 40;

}  // namespace

uint64_t Histogram::count() const {
  uint64_t n = 0;
  for (const auto& [value, times] : counts_) n += times;
  return n;
}

double Histogram::mean() const {
  double sum = 0;
  for (const auto& [value, times] : counts_) sum += static_cast<double>(value) * static_cast<double>(times);
  const uint64_t n = count();
  return n ? sum / static_cast<double>(n) : 0;
}

int64_t Histogram::quantile(double fraction) const {
  const double wanted = fraction * static_cast<double>(count());
  uint64_t below = 0;
  for (const auto& [value, times] : counts_) {
    below += times;
    if (static_cast<double>(below) >= wanted) return value;
  }
  return 0;
}

std::vector<std::pair<int64_t, uint64_t>> Histogram::binned(int bins) const {
  std::vector<std::pair<int64_t, uint64_t>> out;
  if (counts_.empty()) return out;
  const int64_t low = counts_.begin()->first, high = counts_.rbegin()->first;
  const int64_t width = std::max<int64_t>(1, (high - low + bins) / bins);
  for (int64_t first = low; first <= high; first += width) out.emplace_back(first, 0);
  for (const auto& [value, times] : counts_) out[static_cast<size_t>((value - low) / width)].second += times;
  return out;
}

OrderedJson Histogram::to_json() const {
  OrderedJson bins = OrderedJson::array();
  for (const auto& [first, times] : binned(kBins)) bins.push_back(OrderedJson::array({first, times}));
  return {{"count", count()},      {"min", counts_.empty() ? 0 : counts_.begin()->first},
          {"p5", quantile(0.05)},  {"median", quantile(0.5)},
          {"p95", quantile(0.95)}, {"max", counts_.empty() ? 0 : counts_.rbegin()->first},
          {"mean", mean()},        {"bins", bins}};
}

void Vocabulary::add(std::string_view word) {
  ++total_;
  if (const auto it = counts_.find(word); it != counts_.end())
    ++it->second;
  else
    counts_.emplace(word, 1);
}

std::vector<std::pair<std::string, uint64_t>> Vocabulary::top(size_t n) const {
  std::vector<std::pair<std::string, uint64_t>> all(counts_.begin(), counts_.end());
  const auto before = [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  };
  n = std::min(n, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end(), before);
  all.resize(n);
  return all;
}

OrderedJson Vocabulary::to_json(size_t n) const {
  OrderedJson words = OrderedJson::object();
  for (const auto& [word, times] : top(n)) words[word] = times;
  const auto once = std::count_if(counts_.begin(), counts_.end(), [](const auto& entry) { return entry.second == 1; });
  return {{"distinct", counts_.size()}, {"total", total_}, {"once", once}, {"top", words}};
}

void DataProfile::add(const Record& r) {
  captions_per_picture.add(static_cast<int64_t>(r.captions.size()));
  for (const Caption& c : r.captions) {
    caption_words.add(count_words(c.text));
    caption_characters.add(count_characters(c.text));
    for_each_word(c.text, [&](std::string_view word) { words.add(word); });
    ++declared[c.language];
    if (!guess_languages) continue;
    const std::string guess = guess_language(c.text);
    ++guessed[guess.empty() ? "unsure" : guess];
    contradicting += contradicts(guess, c.language);
  }
  if (r.width > 0 && r.height > 0) {
    width.add(r.width);
    height.add(r.height);
    aspect_percent.add(std::lround(100.0 * r.width / r.height));
  }
  for (const std::string& tag : r.tags) tags.add(tag);
  if (!r.label.empty()) labels.add(r.label);
  if (!r.regions.empty()) regions.add(static_cast<int64_t>(r.regions.size()));
  if (!r.objects.empty()) objects.add(static_cast<int64_t>(r.objects.size()));
  if (!r.questions.empty()) questions.add(static_cast<int64_t>(r.questions.size()));
  for (const PictureObject& object : r.objects) {
    object_names.add(object.name);
    for (const std::string& attribute : object.attributes) attributes.add(attribute);
  }
  for (const Relation& relation : r.relations) predicates.add(relation.predicate);
  for (const Question& question : r.questions)
    if (!question.answers.empty()) answers.add(question.answers[0]);
}

OrderedJson DataProfile::to_json() const {
  OrderedJson json = OrderedJson::object();
  const auto put = [&](const char* name, const Histogram& h) {
    if (h.count()) json[name] = h.to_json();
  };
  put("captions_per_picture", captions_per_picture);
  put("caption_words", caption_words);
  put("caption_characters", caption_characters);
  put("width", width);
  put("height", height);
  put("aspect_percent", aspect_percent);
  put("regions_per_picture", regions);
  put("objects_per_picture", objects);
  put("questions_per_picture", questions);
  const auto put_words = [&](const char* name, const Vocabulary& v) {
    if (!v.empty()) json[name] = v.to_json(kTop);
  };
  put_words("words", words);
  put_words("tags", tags);
  put_words("labels", labels);
  put_words("objects", object_names);
  put_words("attributes", attributes);
  put_words("predicates", predicates);
  put_words("answers", answers);
  json["languages"] = declared;
  if (guess_languages) {
    json["guessed_languages"] = guessed;
    json["captions_in_another_language"] = contradicting;
  }
  return json;
}

void for_each_word(std::string_view text, const std::function<void(std::string_view)>& word) {
  std::u32string lower;
  for (const char32_t c : unicode::decode(text)) unicode::append_lower(lower, c);
  std::string current;
  const auto end = [&] {
    while (current.ends_with('\'')) current.pop_back();
    if (!current.empty()) word(current);
    current.clear();
  };
  for (const char32_t c : lower) {
    const bool inside = unicode::is_letter(c) || unicode::is_number(c) || unicode::is_nonspacing_mark(c);
    if (is_word_by_itself(c)) {
      end();
      unicode::append(current, c);
      end();
    } else if (inside || (c == U'\'' && !current.empty())) {
      unicode::append(current, c);
    } else {
      end();
    }
  }
  end();
}

}  // namespace sensorium
