// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/observation.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/model/bytes.h"
#include "scenarios/model/run_record.h"

namespace memqual {
namespace {

StepReport allocate(std::uint64_t requested, std::uint64_t granted, std::uint64_t blocks) {
  StepReport step;
  step.kind = "allocate";
  step.name = "a";
  step.requested_bytes = requested * blocks;
  step.requested_blocks = blocks;
  step.granted_blocks = granted;
  step.granted_bytes = granted * requested;
  return step;
}

Observation ended(Ending ending, std::vector<StepReport> steps) {
  Observation observation;
  observation.ending = std::move(ending);
  observation.steps = std::move(steps);
  return observation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(observation)

BOOST_AUTO_TEST_CASE(describes_how_a_case_ended) {
  const auto words = [](const Ending& ending, const std::vector<StepReport>& steps) {
    return describe_ending(ended(ending, steps));
  };
  const std::vector<StepReport> one = {allocate(kGiB, 0, 1)};
  BOOST_TEST(words({OutcomeKind::completed, 0, "", 0, ""}, one) == "completed");
  BOOST_TEST(words({OutcomeKind::refused, 12, "ENOMEM", 0, ""}, one) ==
             "refused (ENOMEM) at step 1, allocate a: 0 of 1 blocks granted");
  BOOST_TEST(words({OutcomeKind::refused, 12, "ENOMEM", 0, ""}, {allocate(kGiB, 3, 10)}) ==
             "refused (ENOMEM) at step 1, allocate a: 3 of 10 blocks (3 GiB) granted");
  BOOST_TEST(words({OutcomeKind::refused, 12, "", std::nullopt, ""}, {}) == "refused (errno 12)");
  BOOST_TEST(words({OutcomeKind::exited, 3, "", std::nullopt, ""}, {}) == "exited(3)");
  BOOST_TEST(words({OutcomeKind::signalled, 9, "", std::nullopt, ""}, {}) ==
             "signalled(9) SIGKILL");
  BOOST_TEST(words({OutcomeKind::signalled, 99, "", std::nullopt, ""}, {}) == "signalled(99)");
  StepReport touch;
  touch.kind = "touch";
  touch.name = "a";
  touch.touched_bytes = 63 * kMiB;
  BOOST_TEST(words({OutcomeKind::oom_killed, 9, "", 1, ""}, {one[0], touch}) ==
             "oom_killed at step 2, touch a: 63 MiB touched");
}

BOOST_AUTO_TEST_CASE(a_step_outside_the_list_is_left_out) {
  BOOST_TEST(describe_ending(ended({OutcomeKind::segfault, 11, "", 5, ""}, {})) == "segfault");
}

BOOST_AUTO_TEST_CASE(sums_grants_over_the_steps_and_knows_nothing_without_steps) {
  Observation seen = ended({}, {allocate(kMiB, 2, 2), allocate(kGiB, 1, 4)});
  seen.steps[1].touched_bytes = 4096;
  BOOST_TEST(*metric_value(seen, Metric::granted).value == 2 * kMiB + kGiB);
  BOOST_TEST(*metric_value(seen, Metric::granted_blocks).value == 3U);
  BOOST_TEST(*metric_value(seen, Metric::touched).value == 4096U);
  BOOST_TEST(!metric_value(seen, Metric::granted).source.empty());
  BOOST_TEST(!metric_value(Observation{}, Metric::granted).known());
}

BOOST_AUTO_TEST_CASE(a_sum_beyond_64_bits_stays_at_the_end) {
  Observation seen = ended({}, {allocate(UINT64_MAX, 1, 1), allocate(kMiB, 1, 1)});
  BOOST_TEST(*metric_value(seen, Metric::granted).value == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(the_last_search_that_found_something_is_the_largest) {
  Observation seen = ended({}, {allocate(kMiB, 1, 1), StepReport{}, StepReport{}, StepReport{}});
  BOOST_TEST(!metric_value(seen, Metric::largest).known());
  seen.steps[1].largest_bytes = kGiB;
  seen.steps[2].largest_bytes = 0;
  BOOST_TEST(*metric_value(seen, Metric::largest).value == 0U);
  BOOST_TEST(!metric_value(seen, Metric::largest).source.empty());
}

BOOST_AUTO_TEST_CASE(what_lies_outside_a_load_line_is_a_mismatch) {
  Attempt attempt;
  attempt.observation = ended({}, {StepReport{}});
  attempt.prediction.emplace().allowed = {OutcomeKind::completed};
  LoadLine& line = attempt.prediction->load_lines.emplace_back();
  line.least_bytes = 10;
  line.most_bytes = 20;
  BOOST_TEST((agreement_of(attempt) == Agreement::right));  // nothing was found
  for (const std::uint64_t inside : {10U, 15U, 20U}) {
    attempt.observation->steps[0].largest_bytes = inside;
    BOOST_TEST((agreement_of(attempt) == Agreement::right));
  }
  for (const std::uint64_t outside : {0U, 9U, 21U}) {
    attempt.observation->steps[0].largest_bytes = outside;
    BOOST_TEST((agreement_of(attempt) == Agreement::mismatch));
  }
  line.step = 7;
  BOOST_TEST((agreement_of(attempt) == Agreement::right));
  line.step = 0;
  attempt.prediction->not_modelled = {"a program"};
  BOOST_TEST((agreement_of(attempt) == Agreement::uncertain));
}

BOOST_AUTO_TEST_CASE(each_metric_reads_its_own_figure) {
  const std::pair<Metric, Fact<std::uint64_t> Observation::*> rows[] = {
      {Metric::rss_peak, &Observation::rss_peak_bytes},
      {Metric::rss_end, &Observation::rss_end_bytes},
      {Metric::vsz_peak, &Observation::vsz_peak_bytes},
      {Metric::page_tables, &Observation::page_tables_bytes},
      {Metric::swap_peak, &Observation::swap_peak_bytes},
      {Metric::cgroup_peak, &Observation::cgroup_peak_bytes},
      {Metric::minor_faults, &Observation::minor_faults},
      {Metric::major_faults, &Observation::major_faults},
  };
  for (const auto& [metric, member] : rows) {
    Observation seen;
    (seen.*member).set(77, "here");
    const Fact<std::uint64_t> value = metric_value(seen, metric);
    BOOST_TEST(value.value_or(0) == 77U, to_word(metric));
    BOOST_TEST(value.source == "here");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
