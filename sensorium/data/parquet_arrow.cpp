#include "sensorium/data/parquet.h"
#include "sensorium/data/table_rows.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/io/api.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>

#include <set>

namespace sensorium {
namespace {

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw InputError("data prepare", "{}: expected a Parquet table, got: {}", file.string(), what);
}

template <class T>
T take(arrow::Result<T> result, const fs::path& file) {
  if (!result.ok()) fail(file, result.status().ToString());
  return std::move(result).ValueUnsafe();
}

std::unique_ptr<parquet::arrow::FileReader> open_reader(const fs::path& file) {
  const auto input = take(arrow::io::ReadableFile::Open(file.string()), file);
  parquet::arrow::FileReaderBuilder builder;
  if (const arrow::Status s = builder.Open(input); !s.ok()) fail(file, s.ToString());
  std::unique_ptr<parquet::arrow::FileReader> reader;
  if (const arrow::Status s = builder.Build(&reader); !s.ok()) fail(file, s.ToString());
  return reader;
}

/// A column of a row group as texts: dictionaries, large and fixed strings, numbers and the like by Arrow's casts.
class TextColumn {
 public:
  TextColumn(const arrow::Table& table, const std::string& name, const fs::path& file) {
    std::shared_ptr<arrow::ChunkedArray> column = table.GetColumnByName(name);
    if (!column) fail(file, "no column " + name);
    is_list_ = column->type()->id() == arrow::Type::LIST;
    const auto wanted = is_list_ ? arrow::list(arrow::utf8()) : arrow::utf8();
    const arrow::Datum cast = take(arrow::compute::Cast(column, wanted), file);
    array_ = take(arrow::Concatenate(cast.chunked_array()->chunks()), file);
  }
  /// Appends the texts of a row: none for a null.
  void append(int64_t row, std::vector<std::string>& out) const {
    if (array_->IsNull(row)) return;
    if (!is_list_) return void(out.push_back(text(*array_, row)));
    const auto& list = static_cast<const arrow::ListArray&>(*array_);
    for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i)
      if (!list.values()->IsNull(i)) out.push_back(text(*list.values(), i));
  }
  std::string first(int64_t row) const {
    std::vector<std::string> texts;
    append(row, texts);
    return texts.empty() ? "" : texts[0];
  }

 private:
  static std::string text(const arrow::Array& array, int64_t row) {
    return static_cast<const arrow::StringArray&>(array).GetString(row);
  }
  std::shared_ptr<arrow::Array> array_;
  bool is_list_ = false;
};

void read_group(const arrow::Table& table, const std::vector<std::string>& names, const TableHeader& header,
                const fs::path& file, int group, TableRowSink& rows) {
  if (table.num_rows() == 0) return;
  const TextColumn image(table, names[header.image], file), caption(table, names[header.caption], file);
  std::optional<TextColumn> language, split;
  if (header.language) language.emplace(table, names[*header.language], file);
  if (header.split) split.emplace(table, names[*header.split], file);
  for (int64_t r = 0; r < table.num_rows(); ++r) {
    TableRow row{image.first(r), language ? language->first(r) : "", split ? split->first(r) : "", {}};
    caption.append(r, row.captions);
    rows.add(std::move(row), fmt::format("{}: row {} of group {}", file.string(), r + 1, group + 1));
  }
}

std::vector<std::string> column_names(parquet::arrow::FileReader& reader, const fs::path& file) {
  std::shared_ptr<arrow::Schema> schema;
  if (const arrow::Status s = reader.GetSchema(&schema); !s.ok()) fail(file, s.ToString());
  return schema->field_names();
}

/// The leaves of the file's schema that belong to the wanted columns: tables may carry pictures in others.
std::vector<int> wanted_leaves(parquet::arrow::FileReader& reader, const std::vector<std::string>& names,
                               const TableHeader& header) {
  std::set<std::string> wanted{names[header.image], names[header.caption]};
  if (header.language) wanted.insert(names[*header.language]);
  if (header.split) wanted.insert(names[*header.split]);
  const parquet::SchemaDescriptor& schema = *reader.parquet_reader()->metadata()->schema();
  std::vector<int> leaves;
  for (int i = 0; i < schema.num_columns(); ++i)
    if (wanted.contains(schema.GetColumnRoot(i)->name())) leaves.push_back(i);
  return leaves;
}

void read_table(const fs::path& file, const TableHeader& header, TableRowSink& rows) {
  const auto reader = open_reader(file);
  const std::vector<std::string> names = column_names(*reader, file);
  const std::vector<int> leaves = wanted_leaves(*reader, names, header);
  for (int group = 0; group < reader->num_row_groups(); ++group) {
    std::shared_ptr<arrow::Table> table;
    if (const arrow::Status s = reader->ReadRowGroup(group, leaves, &table); !s.ok()) fail(file, s.ToString());
    read_group(*table, names, header, file, group, rows);
  }
  rows.flush();
}

}  // namespace

bool reads_parquet() {
  return true;
}

Source open_parquet(const fs::path& file, const fs::path& images, const TableColumns& columns,
                    const CaptionFilter& filter) {
  check_table_paths(file, images);
  const TableHeader header = find_columns(column_names(*open_reader(file), file), columns, file);
  return {file.stem().string(), [=, root = fs::absolute(images)](const ItemSink& sink, Tally& tally) {
            TableRowSink rows(file, root, filter, sink, tally);
            read_table(file, header, rows);
          }};
}

}  // namespace sensorium
