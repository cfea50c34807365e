#pragma once
// One field list per options struct: flags, JSON, --help, defaults and validation all come from it.
//
//   struct EmbedOptions {
//     std::string model;
//     int batch_size = 32;
//     void describe(OptionSet& o) {
//       o.field("model", model, "checkpoint folder").required();
//       o.field("batch_size", batch_size, "pictures or texts a batch").range(1, 4096);
//     }
//   };
//
// The field `batch_size` is the JSON key "batch_size" and the flag --batch-size. A group is a nested JSON object and a
// dotted flag (--optimizer.lr).

#include "sensorium/base/json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sensorium {

/// One option: a name, a help text, and a pointer to the value it fills. Values keep their defaults until set.
class Field {
 public:
  using Target = std::variant<bool*, int*, int64_t*, uint64_t*, float*, double*, std::string*,
                              std::vector<std::string>*, std::vector<double>*, std::vector<int64_t>*>;
  Field(std::string name, Target target, std::string help);
  /// Must be given.
  Field& required();
  /// Numbers must lie in [low, high].
  Field& range(double low, double high);
  /// Strings must be one of these.
  Field& one_of(std::vector<std::string> values);
  /// May also be given without its flag, in the order of the field list; a list takes all that remain.
  Field& positional();

  const std::string& name() const { return name_; }  // with group prefix: "optimizer.lr"
  std::string flag() const;                          // "--optimizer.lr", '_' written '-'
  std::string type_name() const;                     // "INT", "TEXT", ...
  const std::string& help() const { return help_; }
  /// What it must be one of, as people are told: without "", which stands for nothing given.
  std::vector<std::string> choices() const;
  bool is_required() const { return required_; }
  bool is_positional() const { return positional_; }
  bool is_flag() const { return std::holds_alternative<bool*>(target_); }
  bool is_list() const;
  bool was_set() const { return set_; }
  Json value() const;
  /// Sets from JSON of the right type, or throws UsageError ("expected an integer for --batch-size, got ...").
  void set(const Json& value, std::string_view source);
  /// Sets from command-line words. Throws UsageError.
  void set_words(const std::vector<std::string>& words);

 private:
  void check(std::string_view source) const;
  std::string name_, help_;
  Target target_;
  std::vector<std::string> choices_;
  std::optional<std::pair<double, double>> range_;
  bool required_ = false, positional_ = false, set_ = false;
};

/// The fields of one options struct. Fields point into the struct, which must outlive the set.
class OptionSet {
 public:
  template <class Options>
  static OptionSet of(Options& options) {
    OptionSet set;
    options.describe(set);
    return set;
  }
  Field& field(const std::string& name, Field::Target target, std::string help);
  template <class T>
  Field& field(const std::string& name, T& value, std::string help) {
    return field(name, Field::Target(&value), std::move(help));
  }
  /// Fields of a nested struct, under `name.`.
  template <class Options>
  void group(const std::string& name, Options& options) {
    const std::string outer = prefix_;
    prefix_ += name + ".";
    options.describe(*this);
    prefix_ = outer;
  }
  std::vector<Field>& fields() { return fields_; }
  const std::vector<Field>& fields() const { return fields_; }
  Field* find(std::string_view name);

  /// Sets every key of a JSON object; `source` (a file name) stands in errors. Unknown keys and wrong types are
  /// UsageErrors; an unknown key that resembles a field is told so ("did you mean").
  void set_json(const Json& object, std::string_view source);
  /// All values, groups nested; set_json(to_json()) changes nothing.
  OrderedJson to_json() const;
  /// Throws UsageError for the first required field that nothing set.
  void check_required() const;

 private:
  void set_json_under(const Json& object, const std::string& prefix, std::string_view source);
  [[noreturn]] void unknown(const std::string& name, std::string_view source) const;
  std::vector<Field> fields_;
  std::string prefix_;
};

/// What a command's --help says besides its fields.
struct CommandInfo {
  std::string name;     // "sensorium embed"
  std::string summary;  // one or two sentences
  std::string example;  // one command line or several
};

/// The text of --help: usage, summary, example, fields with types, defaults and choices.
std::string help_text(const CommandInfo& info, const OptionSet& set);

/// Fills the fields from the words after the command's name. `--config FILE` reads a JSON object first (flags win over
/// it, and paths in it are taken as written). Prints help and returns false when --help or -h is among them. Throws
/// UsageError
/// ("[sensorium embed] expected a known option, got --modle (did you mean --model?)").
bool parse_command_line(const CommandInfo& info, OptionSet& set, const std::vector<std::string>& words);

/// The candidate closest to `word` by edit distance, if close enough to be a slip of the hand; otherwise empty.
std::string closest_match(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace sensorium
