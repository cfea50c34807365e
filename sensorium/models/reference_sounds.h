#pragma once

#include "sensorium/models/reference_case.h"

namespace sensorium {

/// Mel filters, spectrograms and decibels as librosa's, and resampling as SciPy's, of stored waves. Features of models
/// that are not here (clap, whisper, ast) are skipped.
CaseKind sound_case_kind();

}  // namespace sensorium
