#include "sensorium/data/table.h"

#include "sensorium/data/csv.h"
#include "sensorium/data/lines.h"
#include "sensorium/data/table_rows.h"

#include <algorithm>
#include <optional>

namespace sensorium {
namespace {

char delimiter_of(const fs::path& file) {
  return lower_ascii(file.extension().string()) == ".tsv" ? '\t' : ',';
}

TableHeader read_header(const fs::path& file, const TableColumns& columns) {
  std::optional<TableHeader> header;
  read_csv(file, delimiter_of(file), [&](std::vector<std::string>& fields, uint64_t) {
    header = find_columns(fields, columns, file);
    return false;
  });
  if (!header) throw InputError("data prepare", "{}: expected a header line, got an empty file", file.string());
  return *header;
}

void read_rows(const fs::path& file, const TableHeader& header, TableRowSink& rows, Tally& tally) {
  const bool whole = read_csv(file, delimiter_of(file), [&](std::vector<std::string>& fields, uint64_t number) {
    if (number == 1) return true;
    const std::string where = fmt::format("{}: record {}", file.string(), number);
    if (fields.size() != header.columns) {
      tally.add("row with another number of columns than the header", where);
      return true;
    }
    TableRow row{std::move(fields[header.image]),
                 header.language ? fields[*header.language] : "",
                 header.split ? fields[*header.split] : "",
                 {std::move(fields[header.caption])}};
    rows.add(std::move(row), where);
    return true;
  });
  if (!whole) tally.add("quoted field without an end", file.string());
  rows.flush();
}

/// The value of the first of these keys as text; lists give all their texts. False when a value is of another kind.
bool take_texts(const Json& object, const std::string& given, const std::vector<std::string>& usual,
                std::vector<std::string>& out) {
  for (const std::string& key : given.empty() ? usual : std::vector<std::string>{given}) {
    const auto it = object.find(key);
    if (it == object.end() || it->is_null()) continue;
    const Json list = it->is_array() ? *it : Json::array({*it});
    for (const Json& text : list) {
      if (!text.is_string()) return false;
      out.push_back(text.get<std::string>());
    }
    return true;
  }
  return true;
}

void read_json_line(std::string_view line, const std::string& where, const TableColumns& columns, TableRowSink& rows,
                    Tally& tally) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return tally.add("line that is no JSON object", where);
  TableRow row;
  std::vector<std::string> image, language, split;
  if (!take_texts(object, columns.image, image_column_names(), image) || image.size() > 1 ||
      !take_texts(object, columns.caption, caption_column_names(), row.captions) ||
      !take_texts(object, columns.language, language_column_names(), language) ||
      !take_texts(object, columns.split, split_column_names(), split))
    return tally.add("line with a value of another type", where);
  if (!image.empty()) row.image = image[0];
  if (!language.empty()) row.language = language[0];
  if (!split.empty()) row.split = split[0];
  rows.add(std::move(row), where);
}

void read_json_lines(const fs::path& file, const TableColumns& columns, TableRowSink& rows, Tally& tally) {
  LineReader lines(file);
  std::string_view line;
  while (lines.next(line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = fmt::format("{}: line {}", file.string(), lines.number());
    if (lines.too_long())
      tally.add("too long line", where);
    else
      read_json_line(line, where, columns, rows, tally);
  }
  rows.flush();
}

}  // namespace

Source open_table(const fs::path& file, const fs::path& images, const TableColumns& columns,
                  const CaptionFilter& filter) {
  check_table_paths(file, images);
  const fs::path root = fs::absolute(images);
  const bool lines = lower_ascii(file.extension().string()) == ".jsonl";
  const std::optional<TableHeader> header = lines ? std::nullopt : std::optional(read_header(file, columns));
  return {file.stem().string(), [=](const ItemSink& sink, Tally& tally) {
            TableRowSink rows(file, root, filter, sink, tally);
            if (header)
              read_rows(file, *header, rows, tally);
            else
              read_json_lines(file, columns, rows, tally);
          }};
}

}  // namespace sensorium
