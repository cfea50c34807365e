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

}  // namespace sensorium
