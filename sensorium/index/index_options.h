#pragma once
// How an index is built and searched.

#include "sensorium/base/options.h"

#include <cstdint>
#include <string>

namespace sensorium {

/// What create_index is given, kept in the index.
struct IndexOptions {
  int64_t width = 0;          // of every vector
  std::string type = "auto";  // flat (exact), hnsw, ivf; auto: flat below 100,000 vectors, then hnsw
  std::string storage =
      "fp32";              // what stays in memory of each vector: fp32, int8 or pq; answers are scored on the originals
  std::string model_hash;  // of the model whose vectors these are; empty: not checked
  int neighbours = 32;     // hnsw: links a vector, twice as many on the lowest level
  int build_effort = 80;   // hnsw: candidates looked at for each vector's links
  int effort = 0;   // hnsw: candidates kept in a search; ivf: lists looked at; 0: chosen by the number of vectors
  int rescore = 0;  // int8 and pq: how many times k candidates are scored again on the originals; 0: 4 and 20
  int threads = 0;  // for building and long scans; 0: all processors
  void describe(OptionSet& o);
};

/// Vectors from which "auto" is no longer exact.
constexpr int64_t kExactLimit = 100'000;

}  // namespace sensorium
