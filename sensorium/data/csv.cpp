#include "sensorium/data/csv.h"

#include "sensorium/base/error.h"
#include "sensorium/data/lines.h"

#include <csv.h>

#include <exception>

namespace sensorium {
namespace {

constexpr size_t kRecordLimit = size_t{16} << 20;
constexpr size_t kBlock = size_t{64} << 10;
constexpr int kInsideField = 2;  // libcsv's FIELD_BEGUN, which its header does not name

struct State {
  const std::function<bool(std::vector<std::string>&, uint64_t)>* row;
  std::vector<std::string> fields;
  uint64_t number = 0;
  bool more = true;
  std::exception_ptr failure;  // exceptions may not cross libcsv
};

void on_field(void* text, size_t size, void* user) {
  static_cast<State*>(user)->fields.emplace_back(static_cast<const char*>(text), size);
}

void on_row(int, void* user) {
  State& state = *static_cast<State*>(user);
  if (state.more && !state.failure) {
    try {
      state.more = (*state.row)(state.fields, ++state.number);
    } catch (...) {
      state.failure = std::current_exception();
    }
  }
  state.fields.clear();
}

struct Parser {
  csv_parser parser;
  explicit Parser(char delimiter) {
    if (csv_init(&parser, 0) != 0) throw EnvironmentError("csv", "expected a CSV parser, got no memory");
    csv_set_delim(&parser, static_cast<unsigned char>(delimiter));
    if (delimiter == '\t') csv_set_space_func(&parser, [](unsigned char c) { return int{c == ' '}; });
  }
  ~Parser() { csv_free(&parser); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
};

}  // namespace

bool read_csv(const fs::path& file, char delimiter,
              const std::function<bool(std::vector<std::string>&, uint64_t)>& row) {
  BlockReader blocks(file, kBlock);
  std::string_view bytes = blocks.next();
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  Parser p(delimiter);
  State state{&row, {}, 0, true, nullptr};
  for (; !bytes.empty() && state.more && !state.failure; bytes = blocks.next()) {
    if (csv_parse(&p.parser, bytes.data(), bytes.size(), on_field, on_row, &state) != bytes.size())
      throw InputError("csv", "{}: expected CSV, got: {}", file.string(), csv_strerror(csv_error(&p.parser)));
    if (csv_get_buffer_size(&p.parser) > kRecordLimit)
      throw InputError("csv", "{}: expected fields of at most {} bytes, got a longer one in record {}", file.string(),
                       kRecordLimit, state.number + 1);
  }
  const bool open_quote = p.parser.quoted && p.parser.pstate == kInsideField;
  if (state.more && !state.failure && !open_quote) csv_fini(&p.parser, on_field, on_row, &state);
  if (state.failure) std::rethrow_exception(state.failure);
  return !open_quote || !state.more;
}

}  // namespace sensorium
