// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/holdings.h"

#include <boost/test/unit_test.hpp>

#include "kernels/cuda/fake_device.h"

namespace memqual::kernels::cuda {
namespace {

using testing::FakeDevice;

BOOST_AUTO_TEST_SUITE(cuda_holdings)

BOOST_AUTO_TEST_CASE(what_was_taken_is_given_back_after_what_is_under_way) {
  FakeDevice device;
  {
    Holdings held(device);
    std::size_t stream = 0;
    std::byte* block = nullptr;
    std::byte* buffer = nullptr;
    BOOST_TEST(!held.stream(stream).has_value());
    BOOST_TEST(!held.block(4096, block).has_value());
    BOOST_TEST(!held.pinned(4096, buffer).has_value());
    BOOST_TEST(!device.copy_in(stream, block, buffer, {1, 4096, 4096}).has_value());
    BOOST_TEST(!device.nothing_held());
  }
  BOOST_TEST(device.nothing_held());
  BOOST_TEST(!device.gone_under_way);
}

BOOST_AUTO_TEST_CASE(memory_is_pinned_once) {
  FakeDevice device;
  std::byte memory[64];
  Holdings held(device);
  BOOST_TEST(!held.pin(memory, sizeof memory).has_value());
  const std::size_t calls = device.calls;
  BOOST_TEST(!held.pin(memory, sizeof memory).has_value());
  BOOST_TEST(device.calls == calls);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::kernels::cuda
