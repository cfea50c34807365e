#pragma once
// Lists of addresses with what is said about them: text, TSV, CSV and JSON lines.

#include "sensorium/base/options.h"
#include "sensorium/data/record.h"
#include "sensorium/data/tally.h"

#include <functional>

namespace sensorium {

/// Something to fetch.
struct DownloadItem {
  std::string url;       // as given; may be no address at all
  std::string source;    // name of the list or corpus
  std::string name;      // of a file to keep as it is; empty: a picture of a list
  std::string checksum;  // as parse_checksum writes it; empty: none
  std::string split;     // "train", "val", "test" or the list's own; may be empty
  std::vector<Caption> captions;
  bool operator==(const DownloadItem&) const = default;
};

/// Which columns of a table, or keys of JSON lines, hold what; empty: the usual names.
struct ListColumns {
  std::string url, caption, checksum, language, split;
  std::string default_language = "en";
  void describe(OptionSet& o);
};

/// Calls `item` for every line of a list, in order:
/// .txt: an address a line, '#' before a comment; .tsv: fields between tabs, quoted only as a whole; .csv: RFC 4180;
/// .jsonl, .ndjson: objects; a folder made by `sensorium data prepare` or `clean`: its records that have a "url".
/// Tables without a header (Conceptual Captions) are known by an address in their first line: the caption is then
/// the first other field. What is broken is counted in `tally`. Addresses may end in "#sha256=HEX".
/// Throws InputError when the file cannot be read, is of another kind, or has no column for the address.
/// Memory is one line, at most 1 MiB (longer ones are counted as broken).
void read_download_list(const fs::path& file, const ListColumns& columns, Tally& tally,
                        const std::function<void(DownloadItem&&)>& item);

}  // namespace sensorium
