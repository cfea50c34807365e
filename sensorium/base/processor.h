#pragma once
// What this processor can run, for sources that are built for several instruction sets.

namespace sensorium {

/// AVX2 with FMA.
bool has_avx2();
/// AVX-512 F, DQ, VL and BW.
bool has_avx512();
/// AVX-512 VNNI, or BF16, besides.
bool has_avx512_vnni();
bool has_avx512_bf16();
/// AMX's tiles with bfloat16 and bytes, beside the two above, and the system's leave for this process to use them
/// (asked for by the first call). Thread-safe.
bool has_amx();

/// Of the same kernels built three times the best that this processor runs.
template <class Kernels>
const Kernels& best_build(const Kernels& generic, const Kernels& avx2, const Kernels& avx512) {
  return has_avx512() ? avx512 : has_avx2() ? avx2 : generic;
}

}  // namespace sensorium
