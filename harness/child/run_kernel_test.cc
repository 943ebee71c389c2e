// SPDX-License-Identifier: Apache-2.0
#include "harness/child/run_kernel.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

using namespace memqual;
using namespace memqual::child;

namespace {

constexpr std::size_t kRows = 40, kCols = 50;

/// Arrays of float64. The one called "out" changes in one place when it is asked for the second
/// time: behind the round that made it, before it is compared.
class Memory {
 public:
  explicit Memory(bool changes) : changes_(changes) {
    for (std::size_t i = 0; i < kRows * kCols; ++i) arrays_["in"].push_back(static_cast<double>(i));
    arrays_["out"].resize(kRows * kCols);
  }
  KernelArrays arrays() {
    KernelArrays made;
    made.memory = [this](const std::string& name, std::size_t bytes) {
      std::vector<double>& array = arrays_.at(name);
      BOOST_REQUIRE(bytes <= array.size() * sizeof(double));
      if (name == "out" && ++asked_ == 2 && changes_) array[kRows * kCols / 2] += 1;
      return kernels::Result<std::byte*>(reinterpret_cast<std::byte*>(array.data()));
    };
    return made;
  }

 private:
  bool changes_;
  int asked_ = 0;
  std::map<std::string, std::vector<double>> arrays_;
};

ArrayRef array(const std::string& name, std::size_t rows = kRows, std::size_t cols = kCols) {
  return {ArrayPlace::memory, name, ArrayType{"float64", rows, cols}, ArrayAccess::mapped};
}

Kernel verified(KernelOperation what) {
  Kernel step;
  step.chain.emplace_back().what = what;
  if (!makes_array(what)) step.in = array("in");
  if (what == KernelOperation::triad) step.with = array("in");
  step.out = what == KernelOperation::transpose ? array("out", kCols, kRows) : array("out");
  step.budget = Size::of_bytes(std::uint64_t{1} << 20);
  step.verify = true;
  return step;
}

KernelRun run(const Kernel& step, bool changes) {
  Memory memory(changes);
  const kernels::Result<KernelRun> result = run_kernel_step(step, {}, {}, memory.arrays());
  BOOST_REQUIRE_MESSAGE(result.ok(), (result ? "" : result.error().message));
  return *result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_kernel)

BOOST_AUTO_TEST_CASE(a_result_that_is_not_what_was_made_is_corrupted) {
  for (const KernelOperation what :
       {KernelOperation::fill, KernelOperation::random, KernelOperation::copy,
        KernelOperation::sqrt, KernelOperation::box_blur, KernelOperation::triad,
        KernelOperation::transpose}) {
    BOOST_TEST_CONTEXT(to_word(what)) {
      const Kernel step = verified(what);
      const KernelRun well = run(step, false);
      BOOST_TEST(well.verified);
      BOOST_TEST(!well.corrupted);
      BOOST_TEST(run(step, true).corrupted);
      Kernel unseen = step;
      unseen.verify = false;
      BOOST_TEST(!run(unseen, true).verified);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_comparison_stays_within_the_budget) {
  Kernel step = verified(KernelOperation::triad);
  step.in = step.with = array("in", 1, kRows * kCols);
  step.out = array("out", 1, kRows * kCols);
  step.tile = TileShape{1, 100};
  step.budget = Size::of_bytes(std::uint64_t{4} << 10);  // a quarter of the one row
  BOOST_TEST(!run(step, false).corrupted);
  BOOST_TEST(run(step, true).corrupted);
}

BOOST_AUTO_TEST_CASE(an_error_of_a_file_is_no_refusal_of_memory) {
  Kernel step = verified(KernelOperation::copy);
  step.in = ArrayRef{ArrayPlace::raw, "/proc/self/mem/x", ArrayType{"float64", 1, 1}, {}};
  step.out.reset();
  step.reduce = KernelReduce::sum;
  Memory memory(false);
  const auto result = run_kernel_step(step, {}, {}, memory.arrays());
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST(result.error().system_error == 0);
  BOOST_TEST(!result.error().hint.empty());
}

BOOST_AUTO_TEST_SUITE_END()
