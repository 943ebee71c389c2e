// SPDX-License-Identifier: Apache-2.0
#include "kernels/page_memory.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstring>

#include "kernels/testing.h"

using namespace memqual::kernels;

BOOST_AUTO_TEST_SUITE(page_memory)

BOOST_AUTO_TEST_CASE(memory_begins_at_a_huge_page_and_is_zero) {
  for (const PageKind kind : {PageKind::base, PageKind::huge})
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{4096}, std::size_t{3} << 20}) {
      const Result<PageMemory> memory = PageMemory::map(bytes, kind);
      testing::require_ok(memory);
      BOOST_TEST(memory->bytes() == bytes);
      BOOST_TEST(reinterpret_cast<std::uintptr_t>(memory->data()) % (2u << 20) == 0U);
      BOOST_TEST((memory->data()[bytes - 1] == std::byte{0}));
      std::memset(memory->data(), 1, bytes);
    }
}

BOOST_AUTO_TEST_CASE(nothing_and_too_much_are_refused) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1} << 62, ~std::size_t{0}})
    BOOST_TEST(!PageMemory::map(bytes, PageKind::base).ok());
}

BOOST_AUTO_TEST_CASE(memory_of_a_node_is_given_and_of_no_node_is_refused_with_its_errno) {
  const Result<PageMemory> none = PageMemory::map(4096, PageKind::base, 1023);
  BOOST_TEST(!none.ok());
  BOOST_TEST(!PageMemory::map(4096, PageKind::base, 5000).ok());
  const Result<PageMemory> first = PageMemory::map(4096, PageKind::base, 0);
  if (!first && first.error().system_error != EINVAL) {
    BOOST_TEST_MESSAGE("SKIPPED: " + first.error().message);
    return;
  }
  testing::require_ok(first);
  first->data()[0] = std::byte{1};
}

BOOST_AUTO_TEST_CASE(a_move_leaves_one_owner) {
  Result<PageMemory> first = PageMemory::map(4096, PageKind::base);
  BOOST_REQUIRE(first.ok());
  std::byte* const data = first->data();
  PageMemory second = *std::move(first);
  BOOST_TEST(second.data() == data);
  PageMemory third;
  third = std::move(second);
  BOOST_TEST(third.data() == data);
  third.data()[0] = std::byte{1};
}

BOOST_AUTO_TEST_CASE(usable_cpus_ascend_without_repeats) {
  const std::vector<unsigned> cpus = usable_cpus();
  for (std::size_t i = 1; i < cpus.size(); ++i) BOOST_TEST(cpus[i - 1] < cpus[i]);
  BOOST_TEST(page_bytes() >= 4096U);
}

BOOST_AUTO_TEST_SUITE_END()
