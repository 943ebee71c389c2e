// SPDX-License-Identifier: Apache-2.0
#include "reports/console_text.h"

#include <boost/test/unit_test.hpp>

#include "reports/sample_record.h"

namespace memqual {
namespace {

StepReport step_in(StepState state) {
  StepReport step;
  step.state = state;
  return step;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(console_text)

BOOST_AUTO_TEST_CASE(cutting_keeps_whole_characters) {
  BOOST_TEST(cut_to("✓✓✓✓✓✓", 5) == "✓✓...");
  BOOST_TEST(cut_to("abc", 3) == "abc");
  BOOST_TEST(cut_to("abcd", 2) == "..");
  BOOST_TEST(cut_to("abcd", 0).empty());
}

BOOST_AUTO_TEST_CASE(columns_line_up_and_empty_ones_take_no_room) {
  const std::vector<std::string> lines =
      aligned({{"✓", "", "short", "end"}, {"no", "", "a", ""}, {"x", "", "longest"}});
  const std::vector<std::string> expected = {"✓   short    end", "no  a", "x   longest"};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
  BOOST_TEST(aligned({}).empty());
}

BOOST_AUTO_TEST_CASE(a_step_says_how_it_ended) {
  BOOST_TEST(step_state_words(step_in(StepState::ended)) == "ok");
  BOOST_TEST(step_state_words(step_in(StepState::running)) == "ended the case");
  BOOST_TEST(step_state_words(step_in(StepState::not_reached)) == "not reached");
  StepReport step = step_in(StepState::failed);
  BOOST_TEST(step_state_words(step) == "failed");
  step.exit_status = 3;
  BOOST_TEST(step_state_words(step) == "exit 3");
  step.term_signal = 9;
  BOOST_TEST(step_state_words(step) == "signal 9");
  step.error = 12;
  BOOST_TEST(step_state_words(step) == "errno 12");
  step.error_name = "ENOMEM";
  BOOST_TEST(step_state_words(step) == "ENOMEM");
}

BOOST_AUTO_TEST_CASE(the_header_says_how_many_cases_and_where) {
  const std::string text = console_header(sample_record(), 1, {});
  BOOST_TEST(contains(text, "memqual 0.1.0: 1 case\n"));
  BOOST_TEST(contains(text, "RAM 23.5 GiB, swap none, overcommit 0 heuristic"));
  BOOST_TEST(!contains(console_header(RunRecord{}, 2, {}), "unknown"));
}

BOOST_AUTO_TEST_CASE(the_footer_says_what_would_unlock_what_did_not_run) {
  const std::string text = console_footer(sample_record(), {});
  BOOST_TEST(contains(text,
                      "2 could not run here: the Python module torch is not installed\n"
                      "    to change that: sudo apt-get install python3-torch\n"
                      "    pytorch_empty  pytorch_cpu_allocator\n"));
  BOOST_TEST(contains(text, "note: restored vm.overcommit_memory = 0"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
