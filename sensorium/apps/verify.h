#pragma once
// `sensorium verify`: reference cases on this build's own arithmetic.

#include "sensorium/models/reference_area.h"
#include "sensorium/models/reference_expected.h"

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium verify PATH... [--tensor rt|torch] [--json]`: runs the cases on rt::Tensor, and those of the areas that
/// need no tensor, or hands over to the training program for torch. Returns 1 when a case failed or none was found.
int run_verify(const std::vector<std::string>& words);

/// `sensorium-train verify ...`: the same on torch::Tensor, with the cases that need training. Only in that program.
int run_train_verify(const std::vector<std::string>& words);

/// The same inside a program that has other kinds: prints each case with its largest error, and "N passed, N failed" as
/// the last line. `tensor` is this program's; another one is a UsageError unless `other` runs it.
int verify_cases(const std::vector<std::string>& words, const std::string& tensor, const std::vector<CaseKind>& kinds,
                 const std::vector<ReferenceArea>& areas = {}, const std::vector<ExpectedKind>& expected = {},
                 int (*other)(const std::vector<std::string>& words) = nullptr);

}  // namespace sensorium
