#include "sensorium/base/options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

namespace sensorium {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

template <class T>
constexpr const char* kExpected = "a value";
template <>
constexpr const char* kExpected<bool> = "true or false";
template <>
constexpr const char* kExpected<std::string> = "text";
template <>
constexpr const char* kExpected<float> = "a number";
template <>
constexpr const char* kExpected<double> = "a number";
template <>
constexpr const char* kExpected<int> = "an integer";
template <>
constexpr const char* kExpected<int64_t> = "an integer";
template <>
constexpr const char* kExpected<uint64_t> = "an integer of at least 0";
template <>
constexpr const char* kExpected<std::vector<std::string>> = "a list of texts";
template <>
constexpr const char* kExpected<std::vector<double>> = "a list of numbers";
template <>
constexpr const char* kExpected<std::vector<int64_t>> = "a list of integers";

template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};

template <class T>
bool json_fits(const Json& v) {
  if constexpr (std::is_same_v<T, bool>)
    return v.is_boolean();
  else if constexpr (std::is_same_v<T, std::string>)
    return v.is_string();
  else if constexpr (std::is_same_v<T, uint64_t>)
    return v.is_number_unsigned();
  else if constexpr (std::is_same_v<T, int>)
    return v.is_number_integer() && v.get<double>() >= INT32_MIN && v.get<double>() <= INT32_MAX;
  else if constexpr (std::is_integral_v<T>)
    return v.is_number_integer();
  else if constexpr (std::is_floating_point_v<T>)
    return v.is_number();
  else
    return v.is_array() &&
           std::all_of(v.begin(), v.end(), [](const Json& e) { return json_fits<typename T::value_type>(e); });
}

/// One word as JSON of type T, or nothing when it does not read as one.
template <class T>
std::optional<Json> word_to_json(const std::string& word) {
  if constexpr (std::is_same_v<T, std::string>) {
    return Json(word);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (word == "true") return Json(true);
    if (word == "false") return Json(false);
    return std::nullopt;
  } else {
    T value{};
    const char* end = word.data() + word.size();
    const auto r = std::from_chars(word.data(), end, value);
    if (r.ec != std::errc() || r.ptr != end) return std::nullopt;
    return Json(value);
  }
}

/// Edit distance in which swapping two neighbours counts as one slip (optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string dashed(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

std::string closest_match(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const auto& c : candidates) {
    const size_t d = edit_distance(word, c);
    if (d < best_distance) {
      best_distance = d;
      best = c;
    }
  }
  return best;
}

Field::Field(std::string name, Target target, std::string help)
    : name_(std::move(name)), help_(std::move(help)), target_(target) {}

Field& Field::required() {
  required_ = true;
  return *this;
}

Field& Field::range(double low, double high) {
  range_ = {low, high};
  return *this;
}

Field& Field::one_of(std::vector<std::string> values) {
  choices_ = std::move(values);
  return *this;
}

std::vector<std::string> Field::choices() const {
  std::vector<std::string> named = choices_;
  std::erase(named, "");
  return named;
}

Field& Field::positional() {
  positional_ = true;
  return *this;
}

std::string Field::flag() const {
  return "--" + dashed(name_);
}

std::string Field::type_name() const {
  return std::visit(Overloaded{[](bool*) { return ""; }, [](std::string*) { return "TEXT"; },
                               [](std::vector<std::string>*) { return "TEXT..."; }, [](float*) { return "NUMBER"; },
                               [](double*) { return "NUMBER"; }, [](std::vector<double>*) { return "NUMBER..."; },
                               [](std::vector<int64_t>*) { return "INT..."; }, [](auto*) { return "INT"; }},
                    target_);
}

bool Field::is_list() const {
  return std::visit([](auto* p) { return is_vector<std::remove_pointer_t<decltype(p)>>::value; }, target_);
}

Json Field::value() const {
  return std::visit([](auto* p) { return Json(*p); }, target_);
}

void Field::set(const Json& value, std::string_view source) {
  std::visit(
      [&](auto* p) {
        using T = std::remove_pointer_t<decltype(p)>;
        if (!json_fits<T>(value))
          throw UsageError("options", "{}: expected {} for \"{}\", got {}", source, kExpected<T>, name_,
                           value.dump().substr(0, 80));
        *p = value.get<T>();
      },
      target_);
  set_ = true;
  check(source);
}

void Field::set_words(const std::vector<std::string>& words) {
  std::visit(
      [&](auto* p) {
        using T = std::remove_pointer_t<decltype(p)>;
        const auto refuse = [&](const std::string& word) {
          throw UsageError("options", "expected {} for {}, got \"{}\"", kExpected<T>, flag(), word);
        };
        if constexpr (is_vector<T>::value) {
          T list;
          for (const auto& word : words) {
            const auto j = word_to_json<typename T::value_type>(word);
            if (!j) refuse(word);
            list.push_back(j->template get<typename T::value_type>());
          }
          *p = std::move(list);
        } else {
          const std::string word = words.empty() ? "true" : words.back();
          const auto j = word_to_json<T>(word);
          if (!j || !json_fits<T>(*j)) refuse(word);
          *p = j->template get<T>();
        }
      },
      target_);
  set_ = true;
  check("");
}

void Field::check(std::string_view source) const {
  const std::string where = source.empty() ? "" : std::string(source) + ": ";
  const std::string name = source.empty() ? flag() : "\"" + name_ + "\"";
  const auto number = [&](double v) {
    if (range_ && !(v >= range_->first && v <= range_->second))
      throw UsageError("options", "{}expected {} between {} and {}, got {}", where, name, range_->first, range_->second,
                       v);
  };
  const auto text = [&](const std::string& v) {
    if (choices_.empty() || std::find(choices_.begin(), choices_.end(), v) != choices_.end()) return;
    const std::string close = closest_match(v, choices_);
    throw UsageError("options", "{}expected {} to be one of {}, got \"{}\"{}", where, name, fmt::join(choices(), ", "),
                     v, close.empty() ? "" : " (did you mean " + close + "?)");
  };
  std::visit(Overloaded{[](bool*) {}, [&](std::string* p) { text(*p); },
                        [&](std::vector<std::string>* p) { std::for_each(p->begin(), p->end(), text); },
                        [&](std::vector<double>* p) { std::for_each(p->begin(), p->end(), number); },
                        [&](std::vector<int64_t>* p) {
                          for (int64_t v : *p) number(static_cast<double>(v));
                        },
                        [&](auto* p) { number(static_cast<double>(*p)); }},
             target_);
}

Field& OptionSet::field(const std::string& name, Field::Target target, std::string help) {
  SENSORIUM_ASSERT(!find(prefix_ + name));
  fields_.emplace_back(prefix_ + name, target, std::move(help));
  return fields_.back();
}

Field* OptionSet::find(std::string_view name) {
  for (auto& f : fields_)
    if (f.name() == name) return &f;
  return nullptr;
}

void OptionSet::unknown(const std::string& name, std::string_view source) const {
  std::vector<std::string> names;
  for (const auto& f : fields_) names.push_back(f.name());
  const std::string close = closest_match(name, names);
  throw UsageError("options", "{}: expected a known key, got \"{}\"{}", source, name,
                   close.empty() ? "" : " (did you mean \"" + close + "\"?)");
}

void OptionSet::set_json(const Json& object, std::string_view source) {
  if (!object.is_object())
    throw UsageError("options", "{}: expected a JSON object, got {}", source, object.type_name());
  set_json_under(object, "", source);
}

void OptionSet::set_json_under(const Json& object, const std::string& prefix, std::string_view source) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = prefix + key;
    if (Field* f = find(name)) {
      f->set(value, source);
    } else {
      const bool is_group =
          std::any_of(fields_.begin(), fields_.end(), [&](const Field& g) { return g.name().starts_with(name + "."); });
      if (!is_group || !value.is_object()) unknown(name, source);
      set_json_under(value, name + ".", source);
    }
  }
}

OrderedJson OptionSet::to_json() const {
  OrderedJson root = OrderedJson::object();
  for (const auto& f : fields_) {
    OrderedJson* at = &root;
    std::string_view rest = f.name();
    for (size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
      at = &(*at)[std::string(rest.substr(0, dot))];
      rest.remove_prefix(dot + 1);
    }
    (*at)[std::string(rest)] = f.value();
  }
  return root;
}

void OptionSet::check_required() const {
  for (const auto& f : fields_)
    if (f.is_required() && !f.was_set()) throw UsageError("options", "expected {}, got none", f.flag());
}

}  // namespace sensorium
