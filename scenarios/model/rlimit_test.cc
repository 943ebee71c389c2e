// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/rlimit.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace memqual;

BOOST_AUTO_TEST_SUITE(rlimit)

BOOST_AUTO_TEST_CASE(reads_sizes_unlimited_and_what_lies_beyond_own_use) {
  struct Row {
    const char* text;
    bool unlimited;
    bool beyond_own_use;
    std::uint64_t bytes;
  };
  for (const Row& row : {Row{"64 MiB", false, false, 64 * kMiB}, Row{"unlimited", true, false, 0},
                         Row{"own_use", false, true, 0}, Row{"own_use + 1 MiB", false, true, kMiB},
                         Row{"  own_use+1 MiB - 4 KiB", false, true, kMiB - 4096}}) {
    for (const RlimitResource resource : {RlimitResource::address_space, RlimitResource::data}) {
      const Result<RlimitSetting> read = parse_rlimit(resource, row.text);
      BOOST_REQUIRE_MESSAGE(read.ok(), row.text);
      BOOST_TEST((read->resource == resource));
      BOOST_TEST(read->unlimited == row.unlimited, row.text);
      BOOST_TEST(read->beyond_own_use == row.beyond_own_use, row.text);
      BOOST_TEST(literal_bytes(read->value) == row.bytes, row.text);
      if (!row.unlimited) BOOST_TEST(read->value.text == row.text);
    }
  }
}

BOOST_AUTO_TEST_CASE(own_use_stands_first_and_only_where_there_is_one) {
  for (const char* text : {"own_use - 1 MiB", "1 MiB + own_use", "own_use 1 MiB", "own_use +",
                           "own_user + 1 MiB", "50% of own_use"})
    BOOST_TEST(!parse_rlimit(RlimitResource::data, text).ok(), text);
  for (const RlimitResource resource :
       {RlimitResource::stack, RlimitResource::memlock, RlimitResource::core})
    BOOST_TEST(!parse_rlimit(resource, "own_use + 1 MiB").ok());
}

BOOST_AUTO_TEST_SUITE_END()
