// SPDX-License-Identifier: Apache-2.0
#include "harness/tidy/include_rule.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace memqual::tidy {
namespace {

struct IncludeCase {
  std::string path;
  std::string include;  ///< as after "#include "
};

const IncludeCase kAllowed[] = {
    {"scenarios/model/a.cc", "<vector>"},
    {"scenarios/model/a.cc", "\"scenarios/model/case.h\""},
    {"scenarios/model/record_codec.cc", "<nlohmann/json.hpp>"},
    {"scenarios/model/a_test.cc", "<boost/test/unit_test.hpp>"},
    {"scenarios/load/a.cc", "<yaml-cpp/yaml.h>"},
    {"scenarios/load/schema.cc", "<nlohmann/json.hpp>"},
    {"kernels/a.cc", "\"kernels/touch.h\""},
    {"kernels/simd_a.cc", "<hwy/highway.h>"},
    {"fixtures/a.cc", "<hwloc.h>"},
    {"reports/a.cc", "<pugixml.hpp>"},
    {"reports/a.cc", "<fmt/format.h>"},
    {"harness/wire/a.cc", "\"scenarios/model/case.h\""},
    {"harness/spawn/a.cc", "<boost/process/v2/process.hpp>"},
    {"harness/spawn/a.cc", "<boost/asio/io_context.hpp>"},
    {"harness/child/a.cc", "\"kernels/touch.h\""},
    {"harness/child/a.cc", "\"harness/wire/line.h\""},
    {"harness/cli_run.cc", "<CLI/CLI.hpp>"},
    {"harness/run.cc", "\"reports/sink.h\""},
    {"harness/run.cc", "\"fixtures/journal.h\""},
    {"harness/oracle/a_test.cc", "\"harness/executor/fake_executor.h\""},
    {"fixtures/testing.h", "<boost/test/unit_test.hpp>"},
    {"cmake/test_main.cc", "<boost/test/unit_test.hpp>"},
};

const IncludeCase kForbidden[] = {
    {"scenarios/model/a.cc", "<nlohmann/json.hpp>"},
    {"scenarios/model/a.cc", "<fmt/format.h>"},
    {"scenarios/model/a.cc", "\"fixtures/journal.h\""},
    {"scenarios/model/a.cc", "<boost/test/unit_test.hpp>"},
    {"scenarios/load/a.cc", "<nlohmann/json.hpp>"},
    {"scenarios/load/a.cc", "\"reports/sink.h\""},
    {"kernels/a.cc", "\"scenarios/model/bytes.h\""},
    {"kernels/a.cc", "<hwy/highway.h>"},
    {"harness/child/a.cc", "<hwy/highway.h>"},
    {"fixtures/a.cc", "<yaml-cpp/yaml.h>"},
    {"fixtures/a.cc", "\"scenarios/load/load.h\""},
    {"reports/a.cc", "\"fixtures/journal.h\""},
    {"reports/a.cc", "<hwloc.h>"},
    {"harness/wire/a.cc", "<fmt/format.h>"},
    {"harness/wire/a.cc", "\"harness/spawn/spawn.h\""},
    {"harness/oracle/a.cc", "\"fixtures/read_host_facts.h\""},
    {"harness/oracle/a.cc", "\"harness/executor/fake_executor.h\""},
    {"harness/run.cc", "\"reports/sample_record.h\""},
    {"harness/spawn/a.cc", "\"reports/sink.h\""},
    {"harness/child/a.cc", "\"scenarios/model/run_record.h\""},
    {"harness/child/a.cc", "\"scenarios/model/record_codec.h\""},
    {"harness/child/a.cc", "<boost/process/v2/process.hpp>"},
    {"harness/run.cc", "<boost/process/v2/process.hpp>"},
    {"harness/run.cc", "<CLI/CLI.hpp>"},
    {"harness/run.cc", "<yaml-cpp/yaml.h>"},
    {"harness/run.cc", "\"harness/child/steps.h\""},
    {"harness/run.cc", "\"judge.h\""},
    {"lib/a.cc", "<vector>"},
};

Findings check(const IncludeCase& c) {
  return check_includes(parse_source(c.path, "// x\n#include " + c.include + "\n"));
}

BOOST_AUTO_TEST_SUITE(include_rule)

BOOST_AUTO_TEST_CASE(allows_what_the_table_lists) {
  for (const IncludeCase& c : kAllowed) {
    BOOST_TEST(check(c).empty(), c.path << " may include " << c.include << "\n"
                                        << to_string(check(c)));
  }
}

BOOST_AUTO_TEST_CASE(finds_every_other_include) {
  for (const IncludeCase& c : kForbidden) {
    BOOST_TEST(check(c).size() == 1U, c.path << " must not include " << c.include);
  }
}

BOOST_AUTO_TEST_CASE(names_the_line_the_row_and_the_way_out) {
  const Findings findings = check({"kernels/a.cc", "\"scenarios/model/bytes.h\""});
  BOOST_REQUIRE(findings.size() == 1U);
  BOOST_TEST(findings[0].line == 2U);
  BOOST_TEST(findings[0].message ==
             "\"scenarios/model/bytes.h\" is not for kernels/, which may include kernels/; move "
             "the code, or pass the value in");
}

BOOST_AUTO_TEST_CASE(reads_no_include_from_comments_and_literals) {
  const std::string text =
      "// #include <hwloc.h>\nauto t = R\"(\n#include <hwloc.h>\n)\";\n#  include <vector>\n";
  BOOST_TEST(check_includes(parse_source("kernels/a.cc", text)).empty());
}

BOOST_AUTO_TEST_CASE(classifies_packages) {
  BOOST_TEST(package_of("vector") == "std");
  BOOST_TEST(package_of("boost/test/unit_test.hpp") == "Boost.Test");
  BOOST_TEST(package_of("boost/asio.hpp") == "Boost.Process");
  BOOST_TEST(package_of("hwloc/linux.h") == "hwloc");
  BOOST_TEST(package_of("sys/mman.h") == "OS");
  BOOST_TEST(package_of("unistd.h") == "OS");
}

BOOST_AUTO_TEST_CASE(os_headers_only_in_platform_files_tests_and_the_child) {
  const std::string text = "#include <sys/mman.h>\n";
  for (const char* path : {"fixtures/a_linux.cc", "fixtures/a_posix.cc", "fixtures/a_test.cc",
                           "harness/child/steps.cc"}) {
    BOOST_TEST(check_os_headers(parse_source(path, text)).empty(), path);
  }
  for (const char* path : {"fixtures/a.cc", "fixtures/a.h", "scenarios/model/a.cc"}) {
    BOOST_TEST(check_os_headers(parse_source(path, text)).size() == 1U, path);
  }
  BOOST_TEST(check_os_headers(parse_source("fixtures/a.cc", "#include <hwloc.h>\n")).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::tidy
