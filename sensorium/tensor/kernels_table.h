// The kernels of one instruction set as a table. Included last by each source of one.

namespace sensorium::rt {

const Kernels SENSORIUM_KERNELS = {SENSORIUM_KERNELS_NAME,
                                   {tile<MacFp32>, tile<MacBf16>, tile<MacInt8>},
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
