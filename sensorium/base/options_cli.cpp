// Command lines through CLI11: it splits words into flags, values and positionals; types, ranges and help are ours, so
// that flags and JSON files obey one set of rules.

#include "sensorium/base/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <memory>

namespace sensorium {
namespace {

struct Binding {
  Field* field;
  CLI::Option* option;
  std::vector<std::string> words;
};

/// Adds one flag (or positional) for a field. The words are kept as text and read by the field itself.
void bind(CLI::App& app, Field& field, Binding& binding) {
  std::string names = field.flag();
  if (field.is_positional()) names += "," + field.name();
  binding.field = &field;
  if (field.is_flag()) {  // a flag takes a value only as --flag=false, never the next word
    binding.words = {""};
    binding.option = app.add_flag(names, binding.words.front());
    return;
  }
  binding.option = app.add_option(names, binding.words);
  if (field.is_list()) {
    binding.option->expected(1, 1 << 20);
  } else {
    binding.option->expected(1)->take_last()->allow_extra_args(false);
  }
}

std::string without_value(const std::string& word) {
  return word.substr(0, word.find('='));
}

[[noreturn]] void refuse_unknown(const CommandInfo& info, const OptionSet& set, const std::string& word) {
  if (!word.starts_with("-")) throw UsageError(info.name, "expected no further argument, got \"{}\"", word);
  std::vector<std::string> flags{"--help", "--config"};
  for (const auto& f : set.fields()) flags.push_back(f.flag());
  const std::string close = closest_match(without_value(word), flags);
  throw UsageError(info.name, "expected a known option, got {}{}", without_value(word),
                   close.empty() ? "" : " (did you mean " + close + "?)");
}

std::string default_text(const Field& f) {
  const Json v = f.value();
  if (f.is_required() || f.is_flag() || v.empty() || (v.is_string() && v.get<std::string>().empty())) return "";
  return v.is_string() ? v.get<std::string>() : v.dump();
}

}  // namespace

std::string help_text(const CommandInfo& info, const OptionSet& set) {
  std::string usage = info.name;
  for (const auto& f : set.fields()) {
    const std::string word = f.name() + (f.is_list() ? "..." : "");
    if (f.is_positional())
      usage += f.is_required() ? " " + word : " [" + word + "]";
    else if (f.is_required())
      usage += fmt::format(" {} {}", f.flag(), f.type_name());
  }
  std::string text = fmt::format("usage: {} [options]\n\n{}\n\nexample:\n", usage, info.summary);
  for (size_t at = 0; at < info.example.size();) {
    const size_t end = std::min(info.example.find('\n', at), info.example.size());
    text += "  " + info.example.substr(at, end - at) + "\n";
    at = end + 1;
  }
  text += "\noptions:\n";
  for (const auto& f : set.fields()) {
    std::string line = f.help();
    if (const auto choices = f.choices(); !choices.empty()) line += fmt::format(" ({})", fmt::join(choices, ", "));
    if (f.is_required()) line += " [required]";
    const std::string d = default_text(f);
    if (!d.empty()) line += fmt::format(" [{}]", d);
    text += fmt::format("  {:<34} {}\n", f.flag() + (f.is_flag() ? "" : " " + f.type_name()), line);
  }
  text += fmt::format("  {:<34} {}\n", "--config FILE", "read options from a JSON file first; flags win");
  text += fmt::format("  {:<34} {}\n", "--help, -h", "print this and end");
  return text;
}

bool parse_command_line(const CommandInfo& info, OptionSet& set, const std::vector<std::string>& words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::string config;
  bool help = false;
  app.add_flag("--help,-h", help);
  app.add_option("--config", config);
  std::vector<std::unique_ptr<Binding>> bindings;
  for (auto& field : set.fields()) {
    bindings.push_back(std::make_unique<Binding>());
    bind(app, field, *bindings.back());
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ArgumentMismatch& e) {
    throw UsageError(info.name, "expected a value after each option, got: {}", e.what());
  } catch (const CLI::ParseError& e) {
    throw UsageError(info.name, "expected options as --help lists them, got: {}", e.what());
  }
  if (help) {
    std::fputs(help_text(info, set).c_str(), stdout);
    return false;
  }
  if (const auto rest = app.remaining(); !rest.empty()) refuse_unknown(info, set, rest.front());
  if (!config.empty()) set.set_json(read_json(config), config);
  for (auto& b : bindings)
    if (b->option->count() > 0) b->field->set_words(b->words);
  set.check_required();
  return true;
}

}  // namespace sensorium
