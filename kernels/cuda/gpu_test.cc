// SPDX-License-Identifier: Apache-2.0
// On a GPU, where there is one: what device_pass_test.cc shows with a device that is not one.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/testing.h"

namespace memqual::kernels::cuda {
namespace {

using namespace memqual::kernels::cuda::testing;

constexpr std::size_t kMiB = std::size_t{1} << 20;

// Ends the program, as skipped, where there is none.
Device& gpu() {
  static const Result<std::unique_ptr<Device>> device = open_cuda_device();
  if (!device.ok()) {
    std::cout << "SKIPPED: " << device.error().message << "\n";
    std::exit(77);
  }
  return **device;
}

BOOST_AUTO_TEST_SUITE(gpu_pass)

BOOST_AUTO_TEST_CASE(gives_what_the_processor_gives_for_every_chain) {
  Device& device = gpu();
  ThreadPool pool(2);
  for (const ChainCase& chain : chain_cases())
    for (const Staging staging : {Staging::copied, Staging::pinned})
      for (const Reduce reduce : {Reduce::sum, Reduce::sum_of_squares, Reduce::summary})
        BOOST_TEST_CONTEXT(to_string(chain.from) << ", " << chain.steps.size() << " steps, pinned "
                                                 << (staging == Staging::pinned)) {
          check_chain(device, pool, chain, 3001, 700, 6 * kMiB, reduce, {2, staging});
        }
}

BOOST_AUTO_TEST_CASE(memory_comes_back_and_stays_within_the_budget) {
  Device& device = gpu();
  ThreadPool pool(2);
  const Kernels kernels(supported_targets().back());
  Array x(Element::float64, 4096, 4096);
  PassRequest request;
  request.source = memory_source(x.view());
  request.steps = {SqrtStep{}};
  request.reduce = Reduce::sum;
  request.budget = 16 * kMiB;
  const auto report = run_device_pass(kernels, pool, device, request);
  require_ok(report);
  BOOST_TEST(report->pass.tiles > 8U);
  BOOST_TEST(report->use.peak > 0U);
  BOOST_TEST(report->use.peak <= request.budget);
  BOOST_TEST((report->use.after == report->use.before));
}

BOOST_AUTO_TEST_CASE(more_than_the_device_has_is_refused) {
  Device& device = gpu();
  DeviceMemory now;
  BOOST_REQUIRE(!device.memory(now).has_value());
  std::byte* memory = nullptr;
  const ApiStatus status = device.allocate(now.total + (std::size_t{1} << 30), memory);
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST(status->no_memory);
  BOOST_TEST(status->name == "cudaErrorMemoryAllocation");
  DeviceMemory after;
  BOOST_TEST(!device.memory(after).has_value());  // the refusal left no error behind
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::kernels::cuda
