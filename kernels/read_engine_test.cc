// SPDX-License-Identifier: Apache-2.0
#include "kernels/read_engine.h"

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "kernels/fake_files.h"
#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

struct Named {
  std::string name;
  std::unique_ptr<ReadEngine> engine;
};

struct Fixture {
  Fixture() {
    for (std::size_t i = 0; i < content.size(); ++i)
      content[i] = static_cast<char>(random_word(3, i));
    dir.write("f", content);
  }
  File open() const {
    Result<File> file = File::open(dir.file("f"));
    require_ok(file);
    return *std::move(file);
  }
  std::vector<Named> engines(const File& file, std::size_t slots) const {
    std::vector<Named> result;
    result.push_back({"one thread", thread_engine(file, slots, 1)});
    result.push_back({"threads", thread_engine(file, slots, 5)});
    Result<std::unique_ptr<ReadEngine>> ring = uring_engine(file, slots);
    if (ring)
      result.push_back({"io_uring", *std::move(ring)});
    else
      std::cout << "SKIPPED: " << ring.error().message << "\n";
    return result;
  }
  ReadRequest request(std::size_t offset, std::size_t bytes) {
    return {reinterpret_cast<std::byte*>(to.data()) + offset, bytes, offset};
  }
  TempDir dir;
  std::string content = std::string(100000, '\0');
  std::string to = std::string(200000, '?');
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(read_engines, Fixture)

BOOST_AUTO_TEST_CASE(every_slot_brings_its_bytes_in_whatever_order_they_are_waited_for) {
  const File file = open();
  for (Named& named : engines(file, 10)) {
    BOOST_TEST_CONTEXT(named.name) {
      to.assign(to.size(), '?');
      for (std::size_t round = 0; round < 10; ++round) {
        for (std::size_t slot = 0; slot < 10; ++slot)
          named.engine->start(slot, request((round * 10 + slot) * 1000, 1000));
        for (std::size_t i = 0; i < 10; ++i) {
          const Result<std::size_t> got = named.engine->wait(i * 7 % 10);
          require_ok(got);
          BOOST_TEST(*got == 1000u);
        }
      }
      BOOST_TEST((to.substr(0, content.size()) == content));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_file_is_a_shorter_read) {
  const File file = open();
  for (Named& named : engines(file, 2)) {
    BOOST_TEST_CONTEXT(named.name) {
      named.engine->start(0, request(99000, 4096));
      named.engine->start(1, request(150000, 4096));
      BOOST_TEST(*named.engine->wait(0) == 1000u);
      BOOST_TEST(*named.engine->wait(1) == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_the_system_refuses_is_an_error_and_the_slot_can_be_used_again) {
  const File file = open();
  for (Named& named : engines(file, 1)) {
    BOOST_TEST_CONTEXT(named.name) {
      named.engine->start(0, {nullptr, 100, 0});
      const Result<std::size_t> refused = named.engine->wait(0);
      BOOST_REQUIRE(!refused.ok());
      BOOST_TEST(refused.error().message.starts_with("cannot read " + dir.file("f") + ": "));
      named.engine->start(0, request(0, 100));
      BOOST_TEST(named.engine->wait(0).ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(an_engine_that_goes_away_leaves_nothing_under_way) {
  const File file = open();
  for (std::size_t round = 0; round < 20; ++round) {
    for (Named& named : engines(file, 3)) {
      for (std::size_t slot = 0; slot < 3; ++slot)
        named.engine->start(slot, request(slot * 30000, 30000));
      named.engine.reset();
      to.assign(to.size(), '?');
      BOOST_TEST((to.find_first_not_of('?') == std::string::npos));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
