#include "sensorium/classic/joint_nmf.h"
#include "sensorium/classic/reference_kinds.h"

namespace sensorium::classic {
namespace {

// What the cases lay down in words.
constexpr int kSingleIterations = 50, kJointIterations = 200;

struct Run {
  const char* name;
  NmfStart start;
  NmfOptions options;
};

void check_single(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix x = input_matrix(c, "X");
  const NmfStart custom{input_matrix(c, "W0"), input_matrix(c, "H0")};
  const NmfStart filled{input_matrix(c, "nndsvda_W0"), input_matrix(c, "nndsvda_H0")};
  const Index k = custom.w.cols();
  const NmfStart svd = nndsvd(x, k), svd_filled = nndsvd(x, k, x.mean());
  offer(report, "nndsvd_W0", svd.w, kClosed);
  offer(report, "nndsvd_H0", svd.h, kClosed);
  report.offer_json("nndsvda_fill", x.mean(), kClosed);
  if ((svd_filled.w - filled.w).norm() > kClosed || (svd_filled.h - filled.h).norm() > kClosed)
    report.fail("nndsvda: expected the stored start, got another");
  const NmfOptions cd{.iterations = kSingleIterations, .tolerance = 0};
  NmfOptions regularised = cd, mu = cd, kl = cd;
  regularised.alpha_w = 0.02;
  regularised.alpha_h = 0.01;
  regularised.l1_ratio = 0.5;
  mu.solver = kl.solver = NmfSolver::multiplicative_updates;
  kl.loss = NmfLoss::kullback_leibler;
  for (const Run& run :
       {Run{"cd_custom", custom, cd}, Run{"cd_nndsvd", svd, cd}, Run{"cd_regularised", custom, regularised},
        Run{"mu_custom", custom, mu}, Run{"mu_kl_custom", custom, kl}, Run{"mu_kl_nndsvda", filled, kl}}) {
    const Nmf nmf = fit_nmf(x, run.start.w, run.start.h, run.options);
    offer(report, fmt::format("{}_W", run.name), nmf.w, kIterative);
    offer(report, fmt::format("{}_H", run.name), nmf.h, kIterative);
    report.offer_json(fmt::format("{}_error", run.name), nmf.error, kIterative);
    offer(report, fmt::format("{}_transform_test", run.name),
          nmf_transform(input_matrix(c, "X_test"), nmf.h, kSingleIterations), kIterative);
  }
}

void check_joint(const ExpectedCase& c, ExpectedReport& report) {
  const JointNmf joint =
      fit_joint_nmf({input_matrix(c, "X1"), input_matrix(c, "X2")}, {}, {input_matrix(c, "W0"), input_matrix(c, "H0")},
                    {.iterations = kJointIterations, .tolerance = 0});
  offer(report, "W", joint.w, kIterative);
  offer(report, "H1", joint.h[0], kIterative);
  offer(report, "H2", joint.h[1], kIterative);
  report.offer_json("error", joint.error, kIterative);
  report.offer_json("scale1", joint.scales(0), kClosed);
  report.offer_json("scale2", joint.scales(1), kClosed);
  const Matrix w = joint.coordinates(0, input_matrix(c, "query_X1"));
  offer(report, "query_W", w, kIterative);
  offer(report, "query_predicted_X2", joint.predict(1, w), kIterative);
}

}  // namespace

ExpectedKind nmf_kind() {
  return kind_of_group("nmf", {{"cd_custom_W", check_single}, {"H1", check_joint}});
}

}  // namespace sensorium::classic
