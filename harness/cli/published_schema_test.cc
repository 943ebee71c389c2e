// SPDX-License-Identifier: Apache-2.0
// Editors and readers of reports use the schemas in docs/schema: they have to be those of this
// version. MEMQUAL_UPDATE_GOLDENS=1 rewrites them.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "scenarios/load/load.h"
#include "scenarios/load/load_machine.h"
#include "scenarios/model/record_codec.h"

namespace {

void is_published(const std::string& name, const std::string& schema) {
  const std::string path = std::string(MEMQUAL_SOURCE_DIR) + "/docs/schema/" + name;
  if (std::getenv("MEMQUAL_UPDATE_GOLDENS") != nullptr) std::ofstream(path) << schema << "\n";
  std::ifstream file(path);
  const std::string published{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST(
      (published == schema + "\n"),
      path << " is not what `memqual schema` prints; rewrite it with MEMQUAL_UPDATE_GOLDENS=1");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(published_schema)

BOOST_AUTO_TEST_CASE(the_published_scenario_schema_is_current) {
  is_published("scenario-1.json", memqual::scenario_schema());
}

BOOST_AUTO_TEST_CASE(the_published_report_schema_is_current) {
  is_published("report-1.json", memqual::report_schema());
}

BOOST_AUTO_TEST_CASE(the_published_load_line_schema_is_current) {
  is_published("loadline-1.json", memqual::load_line_schema());
}

BOOST_AUTO_TEST_CASE(the_published_machine_schema_is_current) {
  is_published("machine-1.json", memqual::machine_schema());
}

BOOST_AUTO_TEST_CASE(the_published_bandwidth_schema_is_current) {
  is_published("bandwidth-1.json", memqual::bandwidth_schema());
}

BOOST_AUTO_TEST_SUITE_END()
