#include "sensorium/data/table_rows.h"

namespace sensorium {

const std::vector<std::string>& image_column_names() {
  static const std::vector<std::string> names{"image",     "image_path", "filepath", "file_path", "path",
                                              "file_name", "filename",   "file",     "img",       "url"};
  return names;
}

const std::vector<std::string>& caption_column_names() {
  static const std::vector<std::string> names{"caption", "captions", "text", "title", "description", "sentence"};
  return names;
}

const std::vector<std::string>& language_column_names() {
  static const std::vector<std::string> names{"language", "lang", "locale"};
  return names;
}

const std::vector<std::string>& split_column_names() {
  static const std::vector<std::string> names{"split", "set", "subset"};
  return names;
}

std::string lower_ascii(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "nothing" : out;
}

std::optional<size_t> find_column(const std::vector<std::string>& header, const std::string& given,
                                  const std::vector<std::string>& usual) {
  for (const std::string& name : given.empty() ? usual : std::vector<std::string>{lower_ascii(given)})
    for (size_t i = 0; i < header.size(); ++i)
      if (lower_ascii(header[i]) == name) return i;
  return std::nullopt;
}

}  // namespace

void check_table_paths(const fs::path& file, const fs::path& images) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    throw InputError("data prepare", "{}: expected a table, got nothing of that name", file.string());
  if (!fs::is_directory(images, error))
    throw InputError("data prepare", "{}: expected the folder of the pictures, got nothing of that name",
                     images.string());
}

TableHeader find_columns(const std::vector<std::string>& fields, const TableColumns& columns, const fs::path& file) {
  const auto find = [&](const char* what, const std::string& given, const std::vector<std::string>& usual) {
    const auto place = find_column(fields, given, usual);
    if (!place && (!given.empty() || &usual == &image_column_names() || &usual == &caption_column_names()))
      throw InputError("data prepare", "{}: expected a column for the {} ({}), got {}", file.string(), what,
                       given.empty() ? joined(usual) : given, joined(fields));
    return place;
  };
  TableHeader header;
  header.image = *find("picture", columns.image, image_column_names());
  header.caption = *find("caption", columns.caption, caption_column_names());
  header.language = find("language", columns.language, language_column_names());
  header.split = find("split", columns.split, split_column_names());
  header.columns = fields.size();
  return header;
}

void TableRowSink::add(TableRow row, const std::string& where) {
  if (row.image.empty()) return tally_.add("row without a picture", where);
  const bool is_address = row.image.find("://") != std::string::npos;
  if (!is_utf8(row.image)) return tally_.add("picture's name is not UTF-8", where);
  const std::string split = split_name(row.split);
  if (!item_ || item_->record.id != name_ + "/" + row.image || item_->record.split != split) {
    flush();
    item_.emplace();
    item_->record.source = name_;
    item_->record.id = name_ + "/" + row.image;
    item_->record.split = split;
    if (is_address)
      item_->record.url = row.image;
    else
      item_->record.image = (images_ / row.image).lexically_normal().string();
  }
  if (row.captions.empty()) tally_.add("empty caption", where);
  for (const std::string& caption : row.captions)
    add_caption(item_->record, filter_, caption,
                row.language.empty() ? filter_.default_language : language_tag(row.language), "caption", tally_, where);
}

void TableRowSink::flush() {
  if (item_) sink_(std::move(*item_));
  item_.reset();
}

}  // namespace sensorium
