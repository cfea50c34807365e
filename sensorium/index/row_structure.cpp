#include "sensorium/index/row_structure.h"

namespace sensorium::index {

std::shared_ptr<const RowStructure> empty_structure(const std::string& type, const IndexOptions& options) {
  return type == "ivf" ? empty_lists(options) : empty_graph(options);
}

std::shared_ptr<const RowStructure> read_structure(const std::string& type, const IndexOptions& options,
                                                   const std::string& saved, size_t rows) {
  return type == "ivf" ? read_lists(options, saved, rows) : read_graph(options, saved, rows);
}

}  // namespace sensorium::index
