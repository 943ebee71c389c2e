// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <pugixml.hpp>

#include "reports/html_text.h"
#include "reports/render.h"
#include "scenarios/model/sample_figure.h"

using namespace memqual;
using Operation = BandwidthOperation;

namespace {

void add_kernel(RunRecord& record, const std::string& name, double gb_per_second,
                std::uint64_t read = 1, std::uint64_t written = 1, std::uint64_t threads = 1) {
  CaseRecord& entry = record.cases.emplace_back();
  entry.scenario = name;
  entry.verdict.status = CaseStatus::pass;
  Attempt& attempt = entry.attempts.emplace_back();
  StepReport& step = attempt.observation.emplace().steps.emplace_back();
  step.kind = "kernel";
  step.name = "sqrt";
  KernelReport& kernel = step.kernel.emplace();
  kernel.throughput = static_cast<std::uint64_t>(gb_per_second * 1e9);
  kernel.bytes_read = read;
  kernel.bytes_written = written;
  kernel.threads = threads;
}

void add_limits(RunRecord& record, std::vector<BandwidthFigure> figures) {
  CaseRecord& entry = record.cases.emplace_back();
  entry.scenario = "limits";
  entry.attempts.emplace_back().observation.emplace().steps.emplace_back().bandwidth =
      std::move(figures);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(roofline)

BOOST_AUTO_TEST_CASE(a_run_without_kernels_has_no_picture) {
  RunRecord record;
  BOOST_TEST(html_roofline(record).empty());
  add_limits(record, {testing::sample_figure(Operation::copy, 1, 20)});
  BOOST_TEST(html_roofline(record).empty());
}

BOOST_AUTO_TEST_CASE(each_kernel_is_held_against_the_limit_of_what_it_does) {
  RunRecord record;
  add_limits(record, {testing::sample_figure(Operation::copy, 1, 20),
                      testing::sample_figure(Operation::read, 1, 16),
                      testing::sample_figure(Operation::nt_write, 1, 25),
                      testing::sample_figure(Operation::copy, 2, 40)});
  add_kernel(record, "both", 18);
  add_kernel(record, "reads", 8, 1, 0);
  add_kernel(record, "writes", 20, 0, 1);
  add_kernel(record, "wide", 30, 1, 1, 2);
  const std::string picture = html_roofline(record);
  for (const char* words : {"18.0 GB/s, 90 % of copy", "8.0 GB/s, 50 % of read",
                            "20.0 GB/s, 80 % of non-temporal write", "30.0 GB/s, 75 % of copy",
                            ">1 thread<", ">2 threads<", "copy 20.0 GB/s", "copy 40.0 GB/s"})
    BOOST_TEST(has(picture, words), words << "\n" << picture);
}

BOOST_AUTO_TEST_CASE(what_was_measured_around_a_case_comes_before_the_rest_of_the_run) {
  RunRecord record;
  add_limits(record, {testing::sample_figure(Operation::copy, 1, 40)});
  add_kernel(record, "k", 18);
  MachineLimit& limit = record.cases.back().attempts[0].observation->machine_limit.emplace();
  limit.before = {testing::sample_figure(Operation::copy, 1, 20)};
  BOOST_TEST(has(html_roofline(record), "18.0 GB/s, 90 % of copy<"));
  limit.doubt = "it moved";
  BOOST_TEST(has(html_roofline(record), "90 % of copy (doubted)"));
}

BOOST_AUTO_TEST_CASE(limits_of_one_machine_do_not_hold_for_another) {
  RunRecord record;
  add_limits(record, {testing::sample_figure(Operation::copy, 1, 40)});
  add_kernel(record, "here", 20);
  add_limits(record, {testing::sample_figure(Operation::copy, 1, 4)});
  record.cases.back().machine = "laptop";
  add_kernel(record, "there", 3);
  record.cases.back().machine = "laptop";
  const std::string picture = html_roofline(record);
  BOOST_TEST(has(picture, "20.0 GB/s, 50 % of copy<"), picture);
  BOOST_TEST(has(picture, "3.0 GB/s, 75 % of copy<"), picture);
  BOOST_TEST(has(picture, ">1 thread on laptop<"), picture);
}

BOOST_AUTO_TEST_CASE(what_tells_long_names_apart_is_not_cut) {
  RunRecord record;
  add_kernel(record, "a_scenario_with_a_name_of_more_than_46_characters", 20);
  record.cases[0].parameters = {{"boundary", "clamp"}, {"tile", "77x131"}};
  BOOST_TEST(has(html_roofline(record), ">a_scenario_with_a_name_...[clamp,77x131]: sqrt<"),
             html_roofline(record));
}

BOOST_AUTO_TEST_CASE(a_bar_says_how_its_array_was_cut) {
  RunRecord record;
  add_kernel(record, "k", 20);
  KernelReport& kernel = *record.cases[0].attempts[0].observation->steps[0].kernel;
  kernel.tile_reason = "its share of the budget";
  BOOST_TEST(has(html_roofline(record), "(its share of the budget)</title>"));
}

BOOST_AUTO_TEST_CASE(steps_that_only_prepare_are_left_out) {
  RunRecord record;
  add_kernel(record, "k", 18);
  std::vector<StepReport>& steps = record.cases[0].attempts[0].observation->steps;
  StepReport made = steps[0];
  made.name = "random";
  StepReport labelled = steps[0];
  labelled.label = "first job";
  labelled.name = "transpose";
  steps.insert(steps.begin(), {made, labelled, made});
  const std::string picture = html_roofline(record);
  BOOST_TEST(!has(picture, "k: random"));
  BOOST_TEST(has(picture, "k: transpose"));
  BOOST_TEST(has(picture, "k: sqrt"));
}

BOOST_AUTO_TEST_CASE(a_limit_that_nobody_measured_leaves_the_rate_alone) {
  RunRecord record;
  add_kernel(record, "k", 18);
  BOOST_TEST(has(html_roofline(record), ">18.0 GB/s<"));
}

BOOST_AUTO_TEST_CASE(the_picture_is_xml_with_hostile_names_and_is_on_the_page) {
  RunRecord record;
  add_kernel(record, "\"><script>\x1b[31m\xff", 1e12);
  add_kernel(record, "small", 1e-9);
  add_limits(record, {testing::sample_figure(Operation::copy, 1, 1e-3)});
  const std::string picture = html_roofline(record);
  pugi::xml_document document;
  BOOST_TEST(document.load_string(picture.c_str()), picture);
  BOOST_TEST(!has(picture, "<script"));
  BOOST_TEST(has(render_html(record), "What the kernels reached"));
}

BOOST_AUTO_TEST_SUITE_END()
