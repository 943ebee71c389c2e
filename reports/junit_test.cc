// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <pugixml.hpp>
#include <set>

#include "reports/render.h"
#include "reports/sample_record.h"

namespace memqual {
namespace {

void parse(pugi::xml_document& document, const RunRecord& record) {
  const std::string text = render_junit(record);
  const pugi::xml_parse_result result = document.load_string(text.c_str());
  BOOST_REQUIRE_MESSAGE(result, result.description() << " at " << result.offset);
}

pugi::xml_node find_case(const pugi::xml_document& document, const std::string& name) {
  for (pugi::xml_node suite : document.child("testsuites").children("testsuite")) {
    for (pugi::xml_node node : suite.children("testcase")) {
      if (node.attribute("name").value() == name) return node;
    }
  }
  BOOST_FAIL("no test case " << name);
  return {};
}

std::string property(pugi::xml_node node, const char* name) {
  return node.child("properties").find_child_by_attribute("name", name).attribute("value").value();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(junit)

BOOST_AUTO_TEST_CASE(counts_agree_with_the_elements_that_are_there) {
  pugi::xml_document document;
  parse(document, sample_record());
  const pugi::xml_node root = document.child("testsuites");
  unsigned all = 0;
  for (pugi::xml_node suite : root.children("testsuite")) {
    unsigned tests = 0;
    std::map<std::string, unsigned> results;
    for (pugi::xml_node node : suite.children("testcase")) {
      ++tests;
      for (const char* kind : {"failure", "error", "skipped"}) {
        if (node.child(kind)) ++results[kind];
      }
    }
    BOOST_TEST(suite.attribute("tests").as_uint() == tests);
    BOOST_TEST(suite.attribute("failures").as_uint() == results["failure"]);
    BOOST_TEST(suite.attribute("errors").as_uint() == results["error"]);
    BOOST_TEST(suite.attribute("skipped").as_uint() == results["skipped"]);
    all += tests;
  }
  BOOST_TEST(all == sample_record().cases.size());
  BOOST_TEST(root.attribute("tests").as_uint() == all);
  BOOST_TEST(root.attribute("failures").as_uint() == 3U);
  BOOST_TEST(root.attribute("errors").as_uint() == 1U);
  BOOST_TEST(root.attribute("skipped").as_uint() == 5U);
}

BOOST_AUTO_TEST_CASE(has_the_attributes_that_jenkins_asks_for) {
  pugi::xml_document document;
  parse(document, sample_record());
  for (pugi::xml_node suite : document.child("testsuites").children("testsuite")) {
    for (const char* name : {"name", "tests", "failures", "errors", "skipped", "time"}) {
      BOOST_TEST(!std::string(suite.attribute(name).value()).empty(), name);
    }
    BOOST_TEST(std::string(suite.attribute("timestamp").value()) == "2026-03-01T10:00:00");
    for (pugi::xml_node node : suite.children("testcase")) {
      BOOST_TEST(node.attribute("classname").value() ==
                 std::string(suite.attribute("name").value()));
      BOOST_TEST(contains(node.attribute("time").value(), "."));
    }
  }
}

BOOST_AUTO_TEST_CASE(classname_and_name_are_unique_also_for_equal_cases) {
  RunRecord record = sample_record();
  record.cases.push_back(record.cases.front());
  record.cases.push_back(record.cases.front());
  pugi::xml_document document;
  parse(document, record);
  std::set<std::pair<std::string, std::string>> names;
  for (pugi::xml_node suite : document.child("testsuites").children("testsuite")) {
    for (pugi::xml_node node : suite.children("testcase")) {
      names.emplace(node.attribute("classname").value(), node.attribute("name").value());
    }
  }
  BOOST_TEST(names.size() == record.cases.size());
}

BOOST_AUTO_TEST_CASE(a_failure_carries_reason_and_evidence) {
  pugi::xml_document document;
  parse(document, sample_record());
  const pugi::xml_node node = find_case(document, "zeros_list_32tib[mode=heuristic,api=mmap]");
  const pugi::xml_node failure = node.child("failure");
  BOOST_TEST(failure.attribute("message").value() ==
             std::string("expected completed, and the case was refused (ENOMEM)"));
  BOOST_TEST(contains(failure.child_value(), "7312 of 10000 blocks"));
  BOOST_TEST(property(node, "parameter.mode") == "heuristic");
  BOOST_TEST(property(node, "outcome") == "refused");
  BOOST_TEST(property(node, "rss_peak_bytes") == "1331200");
  BOOST_TEST(property(node.parent(), "memqual.run_id") == sample_record().run_id);
}

BOOST_AUTO_TEST_CASE(a_case_names_its_machine_and_the_suite_has_its_facts) {
  pugi::xml_document document;
  parse(document, lab_record());
  const pugi::xml_node node = find_case(document, "zeros_352gb[machine=laptop-12g,mode=never]");
  BOOST_TEST(property(node, "machine") == "laptop-12g");
  BOOST_TEST(property(node.parent(), "machine.server-128g-2n.RAM") == "125.9 GiB");
  BOOST_TEST(property(node.parent(), "machine.server-128g-2n.Boot") == "booted in 5.50 s");
  BOOST_TEST(property(node.parent(), "host.RAM") == "23.5 GiB");
}

BOOST_AUTO_TEST_CASE(each_status_has_its_element) {
  pugi::xml_document document;
  parse(document, sample_record());
  const auto node = [&](const char* name) { return find_case(document, name); };
  BOOST_TEST(node("fork_storm").child("failure").attribute("type").value() ==
             std::string("timeout"));
  BOOST_TEST(node("dask_sum").child("failure").attribute("type").value() == std::string("flaky"));
  BOOST_TEST(bool(node("memfd_shared").child("error")));
  BOOST_TEST(!node("numpy_zeros").child("failure"));
  BOOST_TEST(node("pytorch_empty").child("skipped").attribute("message").value() ==
             std::string("the Python module torch is not installed - to change that: sudo apt-get "
                         "install python3-torch"));
  BOOST_TEST(contains(node("rlimit_data_mmap").child("skipped").attribute("message").value(),
                      "failed as known: kernels since 4.7"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
