#pragma once
// Rows of a table of pictures and captions, whatever the table's format.

#include "sensorium/data/source.h"
#include "sensorium/data/table.h"

namespace sensorium {

// The usual names of columns, in the order they are looked for.
const std::vector<std::string>& image_column_names();
const std::vector<std::string>& caption_column_names();
const std::vector<std::string>& language_column_names();
const std::vector<std::string>& split_column_names();

/// ASCII letters in lower case.
std::string lower_ascii(std::string text);

/// Places of the columns.
struct TableHeader {
  size_t image = 0, caption = 0, columns = 0;
  std::optional<size_t> language, split;
};

/// Throws InputError unless there is a table of that name and a folder of pictures.
void check_table_paths(const fs::path& file, const fs::path& images);

/// Finds the columns by the names given, or by their usual names, in any case. Throws InputError naming `file` for a
/// column that was named, or is needed, and is not there.
TableHeader find_columns(const std::vector<std::string>& header, const TableColumns& columns, const fs::path& file);

/// What a table says of one picture, in one row.
struct TableRow {
  std::string image, language, split;
  std::vector<std::string> captions;
};

/// Joins rows of one picture that follow one another, and hands over items. Everything given must outlive it.
class TableRowSink {
 public:
  TableRowSink(const fs::path& file, const fs::path& images, const CaptionFilter& filter, const ItemSink& sink,
               Tally& tally)
      : name_(file.stem().string()), images_(images), filter_(filter), sink_(sink), tally_(tally) {}
  /// `where` stands in the tally's examples.
  void add(TableRow row, const std::string& where);
  /// To be called after the last row.
  void flush();

 private:
  std::string name_;
  fs::path images_;
  const CaptionFilter& filter_;
  const ItemSink& sink_;
  Tally& tally_;
  std::optional<Item> item_;
};

}  // namespace sensorium
