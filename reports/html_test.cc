// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <regex>
#include <set>

#include "reports/html_text.h"
#include "reports/render.h"
#include "reports/sample_record.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t hits = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++hits;
  }
  return hits;
}

CaseRecord with_timeline(std::vector<TimelinePoint> points, const char* setting) {
  CaseRecord record;
  record.settings = {setting};
  Observation seen;
  seen.timeline = std::move(points);
  record.attempts = {{{}, seen}};
  return record;
}

std::string timeline_of(const CaseRecord& record) {
  return html_timeline(record, *record.attempts.front().observation);
}

void check_links(const RunRecord& record) {
  const std::string page = render_html(record);
  std::set<std::string> ids;
  const std::regex id("<details id=\"([^\"]+)\"");
  for (std::sregex_iterator at(page.begin(), page.end(), id), end; at != end; ++at) {
    BOOST_TEST(ids.insert((*at)[1]).second, "twice: " << (*at)[1]);
  }
  BOOST_TEST(ids.size() == record.cases.size());
  const std::regex link("href=\"#([^\"]+)\"");
  std::size_t links = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), link), end; at != end; ++at, ++links) {
    BOOST_TEST(ids.count((*at)[1]) == 1U, (*at)[1]);
  }
  BOOST_TEST(links >= ids.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html_report)

BOOST_AUTO_TEST_CASE(says_the_verdict_the_host_and_what_was_granted) {
  const std::string page = render_html(sample_record());
  for (const char* part :
       {"21 of 29 cases as expected", "0 heuristic", "23.5 GiB", "granted 328.6 GiB",
        "refused ENOMEM", "OOM-killed at 63.3 MiB", "RAM + swap 23.5 GiB", "commit limit 11.8 GiB",
        "sudo apt-get install python3-torch", "restored vm.overcommit_memory = 0"}) {
    BOOST_TEST(contains(page, part), part);
  }
}

BOOST_AUTO_TEST_CASE(the_evidence_of_a_scenario_is_in_one_place) {
  const std::string page = render_html(lab_record());
  BOOST_TEST(count(page, "<h3>zeros_352gb ") == 1U);
  BOOST_TEST(count(page, "<h3>killed_in_cgroup ") == 1U);
}

BOOST_AUTO_TEST_CASE(needs_no_script_and_no_network) {
  const std::string page = render_html(sample_record());
  BOOST_TEST(contains(page, "default-src 'none'"));
  for (const char* part : {"<script", "<link", "<img", "<iframe", "@import", "url(", "onclick="}) {
    BOOST_TEST(!contains(page, part), part);
  }
  const std::regex address("(href|src)=\"([^#\"][^\"]*)\"");
  BOOST_TEST(!std::regex_search(page, address));
}

BOOST_AUTO_TEST_CASE(every_link_leads_somewhere_on_the_page) {
  check_links(sample_record());
  check_links(lab_record());
}

BOOST_AUTO_TEST_CASE(elements_are_closed) {
  const std::string page = render_html(sample_record());
  for (const char* name : {"div", "table", "tbody", "tr", "td", "details", "section", "ul", "li",
                           "svg", "p", "span", "a", "small", "figure", "aside", "header"}) {
    const std::string open = std::string("<") + name;
    BOOST_TEST(count(page, open + ">") + count(page, open + " ") ==
                   count(page, std::string("</") + name + ">"),
               name);
  }
}

BOOST_AUTO_TEST_CASE(a_thousand_cases_stay_below_five_megabytes) {
  const std::string page = render_html(large_record(1000));
  BOOST_TEST(page.size() < 5000000U);
  BOOST_TEST(count(page, "<details ") == 1000U);
}

BOOST_AUTO_TEST_CASE(a_timeline_is_thinned_and_keeps_its_peak) {
  std::vector<TimelinePoint> points;
  for (std::uint64_t i = 0; i < 5000; ++i) points.push_back({i * 1000, i == 2222 ? kGiB : kMiB});
  const std::string svg = timeline_of(with_timeline(points, "x"));
  BOOST_TEST(contains(svg, "highest 1 GiB"));
  const std::size_t line = svg.find("<polyline");
  const std::string curve = svg.substr(line, svg.find("/>", line) - line);
  BOOST_TEST(count(curve, ",") <= 120U);
}

BOOST_AUTO_TEST_CASE(a_timeline_shows_the_limit_of_its_cgroup) {
  const std::vector<TimelinePoint> points = {{0, kMiB}, {1000000, 60 * kMiB}};
  BOOST_TEST(contains(timeline_of(with_timeline(points, "cgroup memory_max = 64 MiB")),
                      "cgroup limit 64 MiB"));
  BOOST_TEST(
      !contains(timeline_of(with_timeline(points, "cgroup memory_max = 64 GiB")), "cgroup limit"));
  BOOST_TEST(!contains(timeline_of(with_timeline(points, "cgroup memory_max = 50% of mem_total")),
                       "cgroup limit"));
}

BOOST_AUTO_TEST_CASE(strange_timelines_do_not_break_the_axes) {
  BOOST_TEST(timeline_of(with_timeline({}, "x")).empty());
  BOOST_TEST(timeline_of(with_timeline({{5, 5}}, "x")).empty());
  for (const std::uint64_t big : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX}) {
    const std::string svg = timeline_of(with_timeline({{0, big}, {big, 0}}, "x"));
    BOOST_TEST(!contains(svg, "nan"));
    BOOST_TEST(!contains(svg, "inf"));
    BOOST_TEST(svg.size() < 20000U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
