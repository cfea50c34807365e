#pragma once
// Tables of pictures and captions: CSV, TSV and JSON lines.

#include "sensorium/data/source.h"

namespace sensorium {

/// Names of the columns (or JSON keys); empty: found by their usual names.
struct TableColumns {
  std::string image;     // image, image_path, filepath, file_path, path, file_name, filename, file, img, url
  std::string caption;   // caption, captions, text, title, description, sentence
  std::string language;  // language, lang, locale; may be absent
  std::string split;     // split, set, subset; may be absent
};

/// Opens a table with a header line (RFC 4180; .tsv: tabs), or a .jsonl file of one object a line (`caption` may be a
/// list of texts). Rows that follow one another with the same picture are one item. Relative paths are taken from
/// `images`. Bad rows are counted. Throws InputError when the file or `images` is missing, or the header has no column
/// for pictures or captions.
Source open_table(const fs::path& file, const fs::path& images, const TableColumns& columns,
                  const CaptionFilter& filter);

}  // namespace sensorium
