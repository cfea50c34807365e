#include "sensorium/tensor/kernels.h"

#include "sensorium/base/error.h"
#include "sensorium/base/processor.h"

#include <cstdlib>
#include <string>

namespace sensorium::rt {
namespace {

const Kernels& choose() {
  const KernelList list = runnable_kernels();
  const char* wanted = std::getenv("SENSORIUM_KERNELS");
  if (wanted == nullptr || *wanted == 0) return *list.items[list.count - 1];
  std::string names;
  for (const Kernels* k : list) {
    if (k->name == std::string(wanted)) return *k;
    names += std::string(names.empty() ? "" : ", ") + k->name;
  }
  throw EnvironmentError("kernels", "expected SENSORIUM_KERNELS to name one that this processor has ({}), got \"{}\"",
                         names, wanted);
}

}  // namespace

KernelList runnable_kernels() {
  KernelList list{{&kKernelsGeneric}, 1};
#if defined(__x86_64__)
  const auto add = [&](const Kernels& k, bool runnable) {
    if (runnable) list.items[list.count++] = &k;
  };
  add(kKernelsAvx2, has_avx2());
  add(kKernelsAvx512, has_avx512());
  add(kKernelsAvx512Vnni, has_avx512_vnni());
  add(kKernelsAvx512Bf16, has_avx512_vnni() && has_avx512_bf16());
  add(kKernelsAmx, has_amx());
#endif
  return list;
}

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace sensorium::rt
