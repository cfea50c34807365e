#include "sensorium/data/parquet.h"

namespace sensorium {

Source open_parquet(const fs::path& file, const fs::path&, const TableColumns&, const CaptionFilter&) {
  throw EnvironmentError(
      "data prepare",
      "{}: expected a build with Apache Arrow to read Parquet, got one without; `./run build parquet` makes "
      "one, or turn the table into .csv or .jsonl",
      file.string());
}

bool reads_parquet() {
  return false;
}

}  // namespace sensorium
