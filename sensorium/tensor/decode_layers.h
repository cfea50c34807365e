#pragma once
// What a decoder that speaks one token at a time needs beside "sensorium/tensor/layers.h", for any tensor type T.
//
// Note: the words for decoding. Declared for rt::Tensor in "sensorium/tensor/decode.h" and for torch::Tensor in
// "sensorium/torch/decode.h". N rows are sequences being written; B sources are what they look at (pictures); each
// source has N / B rows beside each other (beams), which share its keys and values. Shapes as in layers.h.
//
//   CrossKeys<T> project_cross(const T& x [B,T,S], const SelfAttention<T>&)      keys and values of x, projected once
//   T attend_cross(const T& query [N,Q,D], const CrossKeys<T>&, const SelfAttention<T>&, const std::vector<int64_t>&
//                  key_mask [B*T] or empty)                                      -> [N,Q,D], as cross_attention
//   T attend_cached(const T& x [N,Q,D], const SelfAttention<T>&, KeyValueCache<T>&)
//                                                 -> [N,Q,D]: causal self attention of the next Q tokens of every row
//                                                 over those before, whose keys and values the cache holds; appends
//   void select_rows(KeyValueCache<T>&, const std::vector<int64_t>& rows)        row i becomes the former row rows[i]
//   CrossKeys<T> select_sources(const CrossKeys<T>&, const std::vector<int64_t>& sources)   a copy of some sources
//   T dropout(const T& x, double probability)     in training only (torch, where gradients are recorded); else x
//
// Neither attention applies the output projection.

#include "sensorium/tensor/layers.h"

namespace sensorium {

/// Keys and values of B sources. How they lie is the op set's own matter.
template <class T>
struct CrossKeys {
  T keys, values;
  int64_t sources = 0, tokens = 0;
};

/// Keys and values of the `length` tokens that each row has so far. Starts empty; how they lie is the op set's own
/// matter.
template <class T>
struct KeyValueCache {
  T keys, values;
  int64_t length = 0;
};

}  // namespace sensorium
