#include "sensorium/data/table.h"

#include "sensorium/data/csv.h"

#include <algorithm>
#include <fstream>
#include <optional>

namespace sensorium {
namespace {

const std::vector<std::string> kImageNames{"image",     "image_path", "filepath", "file_path", "path",
                                           "file_name", "filename",   "file",     "img",       "url"};
const std::vector<std::string> kCaptionNames{"caption", "captions", "text", "title", "description", "sentence"};
const std::vector<std::string> kLanguageNames{"language", "lang", "locale"};
const std::vector<std::string> kSplitNames{"split", "set", "subset"};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "nothing" : out;
}

/// What a table says of one picture, from one row.
struct Row {
  std::string image, language, split;
  std::vector<std::string> captions;
};

/// Joins rows of one picture and hands over items.
class RowSink {
 public:
  RowSink(const fs::path& file, const fs::path& images, const CaptionFilter& filter, const ItemSink& sink, Tally& tally)
      : name_(file.stem().string()), images_(images), filter_(filter), sink_(sink), tally_(tally) {}

  void add(Row row, const std::string& where) {
    if (row.image.empty()) return tally_.add("row without a picture", where);
    if (row.image.find("://") != std::string::npos) return tally_.add("picture at an address (not downloaded)", where);
    const std::string split = split_name(row.split);
    if (!item_ || item_->record.id != name_ + "/" + row.image || item_->record.split != split) {
      flush();
      item_.emplace();
      item_->record.source = name_;
      item_->record.id = name_ + "/" + row.image;
      item_->record.split = split;
      item_->record.image = (images_ / row.image).lexically_normal().string();
    }
    if (row.captions.empty()) tally_.add("empty caption", where);
    for (const std::string& caption : row.captions)
      add_caption(item_->record, filter_, caption,
                  row.language.empty() ? filter_.default_language : language_tag(row.language), "caption", tally_,
                  where);
  }

  void flush() {
    if (item_) sink_(std::move(*item_));
    item_.reset();
  }

 private:
  std::string name_;
  fs::path images_;
  const CaptionFilter& filter_;
  const ItemSink& sink_;
  Tally& tally_;
  std::optional<Item> item_;
};

/// Places of the columns in a CSV header.
struct Header {
  size_t image, caption, columns;
  std::optional<size_t> language, split;
};

std::optional<size_t> find_column(const std::vector<std::string>& header, const std::string& given,
                                  const std::vector<std::string>& usual) {
  for (const std::string& name : given.empty() ? usual : std::vector<std::string>{lower(given)})
    for (size_t i = 0; i < header.size(); ++i)
      if (lower(header[i]) == name) return i;
  return std::nullopt;
}

Header parse_header(const std::vector<std::string>& fields, const TableColumns& columns, const fs::path& file) {
  const auto find = [&](const char* what, const std::string& given, const std::vector<std::string>& usual) {
    const auto place = find_column(fields, given, usual);
    if (!place && (!given.empty() || &usual == &kImageNames || &usual == &kCaptionNames))
      throw InputError("data prepare", "{}: expected a column for the {} ({}), got {}", file.string(), what,
                       given.empty() ? joined(usual) : given, joined(fields));
    return place;
  };
  Header header{};
  header.image = *find("picture", columns.image, kImageNames);
  header.caption = *find("caption", columns.caption, kCaptionNames);
  header.language = find("language", columns.language, kLanguageNames);
  header.split = find("split", columns.split, kSplitNames);
  header.columns = fields.size();
  return header;
}

char delimiter_of(const fs::path& file) {
  return lower(file.extension().string()) == ".tsv" ? '\t' : ',';
}

Header read_header(const fs::path& file, const TableColumns& columns) {
  std::optional<Header> header;
  read_csv(file, delimiter_of(file), [&](std::vector<std::string>& fields, uint64_t) {
    header = parse_header(fields, columns, file);
    return false;
  });
  if (!header) throw InputError("data prepare", "{}: expected a header line, got an empty file", file.string());
  return *header;
}

void read_rows(const fs::path& file, const Header& header, RowSink& rows, Tally& tally) {
  const bool whole = read_csv(file, delimiter_of(file), [&](std::vector<std::string>& fields, uint64_t number) {
    if (number == 1) return true;
    const std::string where = fmt::format("{}: record {}", file.string(), number);
    if (fields.size() != header.columns) {
      tally.add("row with another number of columns than the header", where);
      return true;
    }
    Row row{std::move(fields[header.image]),
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

void read_json_line(const std::string& line, const std::string& where, const TableColumns& columns, RowSink& rows,
                    Tally& tally) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return tally.add("line that is no JSON object", where);
  Row row;
  std::vector<std::string> image, language, split;
  if (!take_texts(object, columns.image, kImageNames, image) || image.size() > 1 ||
      !take_texts(object, columns.caption, kCaptionNames, row.captions) ||
      !take_texts(object, columns.language, kLanguageNames, language) ||
      !take_texts(object, columns.split, kSplitNames, split))
    return tally.add("line with a value of another type", where);
  if (!image.empty()) row.image = image[0];
  if (!language.empty()) row.language = language[0];
  if (!split.empty()) row.split = split[0];
  rows.add(std::move(row), where);
}

void read_json_lines(const fs::path& file, const TableColumns& columns, RowSink& rows, Tally& tally) {
  std::ifstream in(file);
  if (!in) throw InputError("data prepare", "{}: expected a readable file, got none", file.string());
  std::string line;
  for (uint64_t number = 1; std::getline(in, line); ++number)
    if (line.find_first_not_of(" \t\r") != std::string::npos)
      read_json_line(line, fmt::format("{}: line {}", file.string(), number), columns, rows, tally);
  rows.flush();
}

}  // namespace

Source open_table(const fs::path& file, const fs::path& images, const TableColumns& columns,
                  const CaptionFilter& filter) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    throw InputError("data prepare", "{}: expected a table, got nothing of that name", file.string());
  if (!fs::is_directory(images, error))
    throw InputError("data prepare", "{}: expected the folder of the pictures, got nothing of that name",
                     images.string());
  const fs::path root = fs::absolute(images);
  const bool lines = lower(file.extension().string()) == ".jsonl";
  const std::optional<Header> header = lines ? std::nullopt : std::optional(read_header(file, columns));
  return {file.stem().string(), [=](const ItemSink& sink, Tally& tally) {
            RowSink rows(file, root, filter, sink, tally);
            if (header)
              read_rows(file, *header, rows, tally);
            else
              read_json_lines(file, columns, rows, tally);
          }};
}

}  // namespace sensorium
