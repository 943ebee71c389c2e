// SPDX-License-Identifier: Apache-2.0
// The bandwidth step in the real child: what it reports, and the memory it takes for that.
#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;
using Operation = BandwidthOperation;

namespace {

Bandwidth small(std::vector<Operation> operations, std::vector<std::uint32_t> threads = {1}) {
  return {std::move(operations), Size::of_bytes(16 * kMiB), std::move(threads), 2,
          PageChoice::huge};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_bandwidth)

BOOST_AUTO_TEST_CASE(every_operation_is_measured_with_every_number_of_threads) {
  ChildLauncher launcher = start_launcher();
  const std::vector<Operation> operations{
      Operation::read,  Operation::write,      Operation::nt_write,       Operation::copy,
      Operation::triad, Operation::page_fault, Operation::huge_page_fault};
  const Seen seen = run_workload(launcher, {step(small(operations, {1, 2}))});
  BOOST_REQUIRE(seen.ending() == "completed");
  const std::vector<BandwidthFigure>& figures = seen.step(0).bandwidth;
  BOOST_REQUIRE_EQUAL(figures.size(), 2 * operations.size());
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const BandwidthFigure& figure = figures[i];
    BOOST_TEST_CONTEXT(to_word(figure.operation) << ", " << figure.threads) {
      BOOST_TEST((figure.operation == operations[i / 2]));
      BOOST_TEST(figure.threads == 1 + i % 2);
      BOOST_TEST(figure.moved_bytes % (16 * kMiB) == 0U);
      BOOST_TEST(figure.median_ns > 0U);
      BOOST_TEST(figure.least_ns <= figure.median_ns);
      BOOST_TEST(figure.median_ns <= figure.most_ns);
      BOOST_TEST(figure.rounds == 2U);
      BOOST_TEST((figure.first_ns > 0) == is_fault(figure.operation));
    }
  }
}

BOOST_AUTO_TEST_CASE(it_takes_the_arrays_that_the_model_says_and_gives_them_back) {
  for (const std::vector<Operation>& operations : {std::vector<Operation>{Operation::read},
                                                   {Operation::copy},
                                                   {Operation::copy, Operation::triad},
                                                   {Operation::page_fault},
                                                   {Operation::copy, Operation::huge_page_fault}}) {
    ChildLauncher launcher = start_launcher();
    const Bandwidth asked = small(operations, {1, 2});
    const Seen seen = run_workload(launcher, {step(asked)});
    BOOST_REQUIRE(seen.ending() == "completed");
    const Observation& observation = seen.observation();
    const std::uint64_t arrays = bandwidth_arrays(asked);
    const std::uint64_t rss =
        *observation.rss_peak_bytes.value - *observation.rss_start_bytes.value;
    BOOST_TEST(rss >= arrays * 16 * kMiB);
    BOOST_TEST(rss < arrays * (16 * kMiB + kArraySpareBytes));
    BOOST_TEST(*observation.rss_end_bytes.value < *observation.rss_start_bytes.value + 2 * kMiB);
    // Three threads worked, and the arrays begin at huge pages.
    const std::uint64_t mapped = arrays * (16 * kMiB + kArraySpareBytes) + 3 * 8 * kMiB;
    BOOST_TEST(*observation.vsz_peak_bytes.value < mapped + 8 * kMiB);
  }
}

BOOST_AUTO_TEST_CASE(memory_that_is_refused_ends_the_step_as_refused) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.rlimits = {{RlimitResource::address_space, false, 64 * kMiB}};
  Bandwidth large = small({Operation::copy});
  large.size = Size::of_bytes(kGiB);
  program.workload = {step(large)};
  const Seen seen = run_program(launcher, program);
  BOOST_TEST((seen.outcome() == OutcomeKind::refused));
  BOOST_TEST(seen.observation().ending.errno_name == "ENOMEM");
  BOOST_TEST(contains(seen.step(0).detail, "cannot map"));
  BOOST_TEST(seen.step(0).bandwidth.empty());
}

BOOST_AUTO_TEST_SUITE_END()
