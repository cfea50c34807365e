#include "sensorium/index/index_options.h"

namespace sensorium {

void IndexOptions::describe(OptionSet& o) {
  o.field("width", width, "of every vector; by default the model's").range(0, 65536);
  o.field("type", type, "flat is exact; auto: flat below 100,000 vectors, then hnsw")
      .one_of({"auto", "flat", "hnsw", "ivf"});
  o.field("storage", storage, "what of each vector stays in memory; answers are scored on the originals")
      .one_of({"fp32", "int8", "pq"});
  o.field("neighbours", neighbours, "hnsw: links a vector").range(4, 256);
  o.field("build_effort", build_effort, "hnsw: candidates for each vector's links").range(8, 4096);
  o.field("effort", effort, "hnsw: candidates kept in a search; ivf: lists looked at; 0: by the number of vectors")
      .range(0, 100000);
  o.field("rescore", rescore, "int8, pq: times k that are scored again on the originals; 0: 4 and 20").range(0, 1000);
}

}  // namespace sensorium
