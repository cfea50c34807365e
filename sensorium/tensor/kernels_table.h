// The kernels of one instruction set as a table. Included last by each source of one.

#ifndef SENSORIUM_TILES
#define SENSORIUM_TILES kVectorTile<MacFp32>, kVectorTile<MacBf16>, kVectorTile<MacInt8>
#endif

namespace sensorium::rt {

const Kernels SENSORIUM_KERNELS = {SENSORIUM_KERNELS_NAME,
                                   {SENSORIUM_TILES},
                                   finish,
                                   to_bf16,
                                   to_u8,
                                   interleave,
                                   turn,
                                   exp_scores,
                                   activate,
                                   layer_norm,
                                   raise,
                                   winograd_input,
                                   winograd_output,
                                   add,
                                   sum_of_squares,
                                   exp};

}  // namespace sensorium::rt
