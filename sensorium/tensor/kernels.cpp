#include "sensorium/tensor/kernels.h"

#include "sensorium/base/error.h"

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
  __builtin_cpu_init();
  const auto add = [&](const Kernels& k, bool runnable) {
    if (runnable) list.items[list.count++] = &k;
    return runnable;
  };
  add(kKernelsAvx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  const bool avx512 = add(kKernelsAvx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                              __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"));
  const bool vnni = add(kKernelsAvx512Vnni, avx512 && __builtin_cpu_supports("avx512vnni"));
  add(kKernelsAvx512Bf16, vnni && __builtin_cpu_supports("avx512bf16"));
#endif
  return list;
}

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace sensorium::rt
