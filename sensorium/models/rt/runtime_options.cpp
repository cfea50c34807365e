#include "sensorium/models/rt/runtime_options.h"

#include "sensorium/base/json.h"
#include "sensorium/base/log.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/tensor/ops.h"

#include <unistd.h>

namespace sensorium {

std::string packed_precision(const fs::path& model) {
  for (const Layout layout : {Layout::hugging_face, Layout::open_clip}) {
    const fs::path config = model / config_file_name(layout);
    std::error_code ignored;
    if (!fs::exists(config, ignored)) continue;
    const Json json = read_json(config);
    const auto found = json.find("quantization_config");
    if (found != json.end() && found->is_object() && found->value("quant_method", "") == "sensorium")
      return found->value("precision", "");
  }
  return {};
}

void RuntimeOptions::describe(OptionSet& o) {
  o.field("threads", threads, "threads, 0 for one a processor").range(0, 1024);
  o.field("precision", precision,
          "what products are made in; auto is bf16 where the processor has it, else fp32, or what the checkpoint is "
          "packed in")
      .one_of({"auto", "fp32", "bf16", "int8"});
}

void RuntimeOptions::apply(const fs::path& model) const {
  rt::set_num_threads(threads);
  const std::string packed = packed_precision(model);
  if (!packed.empty() && precision != "auto" && precision != packed)
    throw UsageError("precision", "{}: expected auto or {}, which its weights are packed in, got {}", model.string(),
                     packed, precision);
  const std::string chosen = !packed.empty()       ? packed
                             : precision != "auto" ? precision
                             : rt::has_fast_bf16() ? "bf16"
                                                   : "fp32";
  rt::set_precision(precision_of(chosen));
  if (::isatty(STDERR_FILENO))  // as progress
    spdlog::info("{}: precision {}, {} threads", model.string(), chosen, rt::num_threads());
}

}  // namespace sensorium
