// The kernels over rows of values, single-threaded. Included after vector_math.h by each source of an instruction set.

namespace sensorium::rt {
namespace {

template <KernelAct kAct>
void activate_as(const float* x, float* out, int64_t n) {
  int64_t i = 0;
  for (; i + kW <= n; i += kW) store(out + i, act_of<kAct>(load(x + i)));
  if (i < n) store_some(out + i, act_of<kAct>(load_some(x + i, n - i, 0)), n - i);
}

void activate(const float* x, float* out, int64_t n, KernelAct act) {
  switch (act) {
    case KernelAct::none:
      return activate_as<KernelAct::none>(x, out, n);
    case KernelAct::relu:
      return activate_as<KernelAct::relu>(x, out, n);
    case KernelAct::gelu:
      return activate_as<KernelAct::gelu>(x, out, n);
    case KernelAct::quick_gelu:
      return activate_as<KernelAct::quick_gelu>(x, out, n);
    case KernelAct::gelu_tanh:
      return activate_as<KernelAct::gelu_tanh>(x, out, n);
    case KernelAct::tanh:
      return activate_as<KernelAct::tanh>(x, out, n);
  }
}

float exp_scores(float* x, int64_t n, float scale) {
  constexpr float kInfinity = __builtin_inff();
  V highest = all(-kInfinity);
  int64_t i = 0;
  for (; i + kW <= n; i += kW) highest = max(highest, load(x + i));
  if (i < n) highest = max(highest, load_some(x + i, n - i, -kInfinity));
  float top = highest[0];
  for (int l = 1; l < kW; ++l) top = highest[l] > top ? highest[l] : top;
  V sum{};
  for (i = 0; i + kW <= n; i += kW) {
    const V e = exp_negative((load(x + i) - top) * scale);
    store(x + i, e);
    sum += e;
  }
  if (i < n) {
    const V e = exp_negative((load_some(x + i, n - i, -kInfinity) - top) * scale);
    store_some(x + i, e, n - i);
    sum += e;
  }
  float total = 0;
  for (int l = 0; l < kW; ++l) total += sum[l];
  return total;
}

INLINE double sum_of(D v) {
  double s = 0;
  for (int l = 0; l < kW; ++l) s += v[l];
  return s;
}

INLINE D widen(V v) {
  return __builtin_convertvector(v, D);
}

void layer_norm(const float* x, const float* residual, const float* weight, const float* bias, float epsilon,
                float* out, int64_t n) {
  const int64_t whole = n - n % kW;
  if (residual != nullptr) {
    for (int64_t i = 0; i < whole; i += kW) store(out + i, load(x + i) + load(residual + i));
    for (int64_t i = whole; i < n; ++i) out[i] = x[i] + residual[i];
    x = out;
  }
  D sums{};
  for (int64_t i = 0; i < whole; i += kW) sums += widen(load(x + i));
  double sum = sum_of(sums);
  for (int64_t i = whole; i < n; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(n);
  D squares{};
  for (int64_t i = 0; i < whole; i += kW) {
    const D d = widen(load(x + i)) - mean;
    squares += d * d;
  }
  double square = sum_of(squares);
  for (int64_t i = whole; i < n; ++i) square += (x[i] - mean) * (x[i] - mean);
  const double inverse = 1 / __builtin_sqrt(square / static_cast<double>(n) + static_cast<double>(epsilon));
  const float mean_high = static_cast<float>(mean),
              mean_low = static_cast<float>(mean - static_cast<double>(mean_high));
  const float scale = static_cast<float>(inverse);
  for (int64_t i = 0; i < whole; i += kW) {
    V y = ((load(x + i) - mean_high) - mean_low) * scale * load(weight + i);
    if (bias != nullptr) y += load(bias + i);
    store(out + i, y);
  }
  for (int64_t i = whole; i < n; ++i) {
    const float y = ((x[i] - mean_high) - mean_low) * scale * weight[i];
    out[i] = bias != nullptr ? y + bias[i] : y;
  }
}

void add(const float* a, const float* b, float* out, int64_t n) {
  int64_t i = 0;
  for (; i + kW <= n; i += kW) store(out + i, load(a + i) + load(b + i));
  for (; i < n; ++i) out[i] = a[i] + b[i];
}

double sum_of_squares(const float* x, int64_t n) {
  D sums{};
  int64_t i = 0;
  for (; i + kW <= n; i += kW) {
    const D d = widen(load(x + i));
    sums += d * d;
  }
  double sum = sum_of(sums);
  for (; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

void exp(const float* x, float* out, int64_t n) {
  int64_t i = 0;
  for (; i + kW <= n; i += kW) store(out + i, exp_negative(load(x + i)));
  if (i < n) store_some(out + i, exp_negative(load_some(x + i, n - i, 0)), n - i);
}

}  // namespace
}  // namespace sensorium::rt
