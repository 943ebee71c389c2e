// SPDX-License-Identifier: Apache-2.0
// Whole reports of one fixed record. After a change on purpose: MEMQUAL_UPDATE_GOLDENS=1
// reports_test, then look at the difference.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "reports/html_text.h"
#include "reports/machine_words.h"
#include "reports/render.h"
#include "reports/sample_record.h"

namespace memqual {
namespace {

const std::string kFolder = std::string(MEMQUAL_SOURCE_DIR) + "/reports/testdata/";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The first line that differs: enough to see what happened, short enough for a log.
std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left(a);
  std::istringstream right(b);
  std::string l;
  std::string r;
  for (int line = 1;; ++line) {
    const bool more_left = bool(std::getline(left, l));
    const bool more_right = bool(std::getline(right, r));
    if (!more_left && !more_right) return "only the end differs";
    if (more_left && more_right && l == r) continue;
    return "line " + std::to_string(line) +
           "\n  golden: " + (more_left ? l.substr(0, 300) : "(end)") +
           "\n  now:    " + (more_right ? r.substr(0, 300) : "(end)");
  }
}

void compare(const std::string& name, const std::string& now) {
  const std::string path = kFolder + name + ".golden";
  if (std::getenv("MEMQUAL_UPDATE_GOLDENS")) std::ofstream(path, std::ios::binary) << now;
  const std::string golden = read_file(path);
  BOOST_REQUIRE_MESSAGE(!golden.empty(), "cannot read " << path);
  BOOST_TEST((golden == now), path << " differs in " << first_difference(golden, now));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden)

BOOST_AUTO_TEST_CASE(console_report) {
  compare("console.txt", render_console(sample_record(), {}));
}
BOOST_AUTO_TEST_CASE(junit_report) { compare("junit.xml", render_junit(sample_record())); }
BOOST_AUTO_TEST_CASE(machines_of_the_lab) {
  const RunRecord record = lab_record();
  compare("machines.html",
          html_machines(record) + html_machine_map(record, anchors_of(record.cases)));
}
BOOST_AUTO_TEST_CASE(html_report) { compare("report.html", render_html(sample_record())); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
