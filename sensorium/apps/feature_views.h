#pragma once
// Features as files for the classical methods: .npy, .csv and .tsv, and the .jsonl that `embed` writes.

#include "sensorium/classic/rows.h"

#include <memory>
#include <string>
#include <vector>

namespace sensorium {

/// One view: a row an item. Movable.
struct FeatureView {
  std::string name;                          // the file
  std::unique_ptr<classic::Matrix> kept;     // of a table, which is held in memory
  std::unique_ptr<classic::RowSource> rows;  // a .npy file stays on the disk
};

/// By the extension. A table's first line may hold names. Throws UsageError for other extensions, InputError naming
/// file, row and column for a cell that is no number, lines of differing length, and files without rows.
FeatureView open_view(const fs::path& file);
std::vector<FeatureView> open_views(const std::vector<std::string>& files);

/// What the library's functions take.
std::vector<const classic::RowSource*> sources_of(const std::vector<FeatureView>& views);
/// Every view in memory. Throws InputError for NaN and infinities, naming the row.
std::vector<classic::Matrix> matrices_of(const std::vector<FeatureView>& views);

/// The same, but a row of nothing but NaN means that the item lacks this view: it comes back as zeros and present = 0.
struct PartialViews {
  std::vector<classic::Matrix> values;
  std::vector<std::vector<uint8_t>> present;
  bool complete = true;
};
PartialViews partial_views(const std::vector<FeatureView>& views);

/// A label an item: the only column of an .npy file of whole numbers, or a text file with a label a line. Classes are
/// the distinct labels in sorted order (of numbers: by value).
struct Labels {
  std::vector<int64_t> ids;
  std::vector<std::string> classes;
};
/// `classes`, where given, are those of a model: others are an InputError.
Labels read_label_file(const fs::path& file, const std::vector<std::string>& classes = {});

/// Writes a matrix as .npy (float32), whole or not at all.
void write_npy(const fs::path& file, const classic::Matrix& matrix);

}  // namespace sensorium
