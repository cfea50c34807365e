#include "sensorium/apps/vector_file.h"

#include "sensorium/base/error.h"
#include "sensorium/io/npy.h"
#include "sensorium/serve/model/embedder.h"

namespace sensorium {

NamedVectors read_named_vectors(const std::string& operation, const std::string& file, int64_t width) {
  const NpyFile array(file);
  const TensorView& tensor = array.tensor();
  if (tensor.shape.size() != 2 || tensor.shape[1] != width)
    throw InputError(operation, "{}: expected rows of width {}, got the shape [{}]", file, width,
                     fmt::join(tensor.shape, ", "));
  const std::string names = fs::path(file).replace_extension(".ids.txt").string();
  NamedVectors out{read_lines(names), to_float32(tensor), width};
  if (static_cast<int64_t>(out.ids.size()) != tensor.shape[0])
    throw InputError(operation, "{}: expected {} ids, got {}", names, tensor.shape[0], out.ids.size());
  return out;
}

}  // namespace sensorium
