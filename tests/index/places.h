#pragma once
// Where an index may lie: tests of what every index does run on each place.

#include "tests/index/postgres_server.h"

#define SENSORIUM_PLACES sensorium::test::InFolder, sensorium::test::InPostgres

namespace sensorium::test {

class InFolder {
 public:
  static constexpr bool kIsFolder = true;
  std::string place() const { return folder_ / "i"; }

 private:
  ScratchFolder folder_;
};

class InPostgres {
 public:
  static constexpr bool kIsFolder = false;
  std::string place() const { return address_; }

 private:
  std::string address_ = PostgresServer::shared().new_database();
};

}  // namespace sensorium::test
