#include "sensorium/classic/ksg.h"
#include "sensorium/classic/mutual_information.h"
#include "sensorium/classic/reference_kinds.h"

namespace sensorium::classic {
namespace {

Json table_values(const Json& table) {
  const auto rows = table.at("counts").get<std::vector<std::vector<double>>>();
  Matrix counts(static_cast<Index>(rows.size()), static_cast<Index>(rows.at(0).size()));
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = 0; j < rows[i].size(); ++j) counts(static_cast<Index>(i), static_cast<Index>(j)) = rows[i][j];
  const DiscreteInformation d = discrete_information(counts);
  return {{"name", table.at("name")},
          {"h_x", d.h_x},
          {"h_y", d.h_y},
          {"h_xy", d.h_xy},
          {"mi_nats", d.mutual},
          {"mi_bits", to_bits(d.mutual)},
          {"h_x_given_y", d.h_x_given_y},
          {"variation_of_information", d.variation},
          {"nmi_arithmetic", normalised_information(d, EntropyMean::arithmetic)},
          {"nmi_geometric", normalised_information(d, EntropyMean::geometric)},
          {"nmi_min", normalised_information(d, EntropyMean::min)},
          {"nmi_max", normalised_information(d, EntropyMean::max)},
          {"ami_arithmetic", adjusted_information(counts)}};
}

void check_tables(const ExpectedCase& c, ExpectedReport& report) {
  Json tables = Json::array();
  for (const Json& table : c.input_json("tables")) tables.push_back(table_values(table));
  report.offer_json("tables", tables, kClosed);
}

/// The k of every expected "<prefix>_k<number>".
std::vector<int> neighbour_counts(const ExpectedCase& c, const std::string& prefix) {
  std::vector<int> counts;
  for (const std::string& key : c.expected_keys())
    if (key.starts_with(prefix + "_k")) counts.push_back(std::stoi(key.substr(prefix.size() + 2)));
  return counts;
}

/// One estimate a column, as it is and not below 0.
void offer_estimates(ExpectedReport& report, int k, const Vector& estimates) {
  offer(report, fmt::format("unclipped_k{}", k), estimates, kClosed);
  offer(report, fmt::format("mi_k{}", k), Vector(estimates.cwiseMax(0)), kClosed);
}

void check_ksg(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix x = unit_deviation(input_matrix(c, "X")), y = unit_deviation(input_matrix(c, "y"));
  for (const int k : neighbour_counts(c, "mi")) {
    Vector estimates(x.cols());
    for (Index j = 0; j < x.cols(); ++j) estimates(j) = ksg_information(x.col(j), y, k);
    offer_estimates(report, k, estimates);
  }
}

void check_multivariate(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix x = input_matrix(c, "x"), y = input_matrix(c, "y");
  for (const int k : neighbour_counts(c, "mi"))
    report.offer_json(fmt::format("mi_k{}", k), ksg_information(x, y, k), kClosed);
}

void check_ross(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix x = unit_deviation(input_matrix(c, "X"));
  const std::vector<int64_t> labels = c.input_integers("labels");
  for (const int k : neighbour_counts(c, "mi")) {
    Vector estimates(x.cols());
    for (Index j = 0; j < x.cols(); ++j) estimates(j) = ross_information(x.col(j), labels, k);
    offer_estimates(report, k, estimates);
    report.ignore(fmt::format("sklearn_k{}", k));  // its neighbours are inexact, as the case's notes say
  }
}

void check_gaussian(const ExpectedCase& c, ExpectedReport& report) {
  const Matrix s = input_matrix(c, "covariance");
  const auto dim = c.input_json("dim_x").get<Index>();
  const Vector rho = covariance_correlations(s, dim), r = input_vector(c, "scalar_r");
  report.offer_json("mi", gaussian_information(s, dim), kClosed);
  report.offer_json("mi", gaussian_information(rho), kClosed);
  offer(report, "canonical_correlations", rho, kClosed);
  Vector scalar(r.size());
  for (Index i = 0; i < r.size(); ++i) scalar(i) = gaussian_information(Vector::Constant(1, r(i)));
  offer(report, "scalar_mi", scalar, kClosed);
}

void check_bounds(const ExpectedCase& c, ExpectedReport& report) {
  const InformationBounds b = information_bounds(input_matrix(c, "scores"));
  const std::vector<std::pair<const char*, double>> values = {{"infonce", b.infonce},
                                                              {"infonce_columns", b.infonce_columns},
                                                              {"symmetric", b.symmetric},
                                                              {"clip_loss", b.clip_loss},
                                                              {"upper_limit_ln_n", b.limit},
                                                              {"donsker_varadhan", b.donsker_varadhan},
                                                              {"nwj", b.nwj}};
  for (const auto& [key, value] : values) report.offer_json(key, value, kClosed);
}

void check_estimates(const ExpectedCase& c, ExpectedReport& report) {
  if (c.has_input("labels"))
    check_ross(c, report);
  else if (c.has_input("x"))
    check_multivariate(c, report);
  else
    check_ksg(c, report);
}

}  // namespace

ExpectedKind information_kind() {
  return kind_of_group(
      "mutual_information",
      {{"tables", check_tables}, {"scalar_mi", check_gaussian}, {"infonce", check_bounds}, {"mi_k3", check_estimates}});
}

}  // namespace sensorium::classic
