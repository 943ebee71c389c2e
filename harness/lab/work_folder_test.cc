// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/work_folder.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "fixtures/testing.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

BOOST_AUTO_TEST_SUITE(lab_work_folder)

BOOST_AUTO_TEST_CASE(goes_with_its_owner_and_leaves_the_living_alone) {
  const testing::TempDir parent;
  std::filesystem::path first_path;
  {
    Result<WorkFolder> first = WorkFolder::make(parent.path());
    BOOST_REQUIRE(first.ok());
    first_path = first->path();
    const Result<WorkFolder> second = WorkFolder::make(parent.path());
    BOOST_REQUIRE(second.ok());
    BOOST_TEST((second->path() != first_path));
    BOOST_TEST(std::filesystem::exists(first_path));
  }
  BOOST_TEST(!std::filesystem::exists(first_path));
}

BOOST_AUTO_TEST_CASE(what_a_killed_run_left_is_removed) {
  const testing::TempDir parent;
  testing::write_file(parent.path() / "memqual-lab-killed/lock", "");
  testing::write_file(parent.path() / "memqual-lab-killed/swap", "data");
  testing::write_file(parent.path() / "other/lock", "");
  BOOST_TEST(WorkFolder::make(parent.path()).ok());
  BOOST_TEST(!std::filesystem::exists(parent.path() / "memqual-lab-killed"));
  BOOST_TEST(std::filesystem::exists(parent.path() / "other"));
}

BOOST_AUTO_TEST_CASE(labs_that_start_together_do_not_take_each_others_folder) {
  const testing::TempDir parent;
  std::atomic<int> mistakes = 0;
  const auto start_labs = [&] {
    for (int i = 0; i < 100; ++i) {
      const Result<WorkFolder> folder = WorkFolder::make(parent.path());
      if (!folder || !std::filesystem::exists(folder->path() / "lock")) ++mistakes;
    }
  };
  std::vector<std::thread> labs;
  for (int i = 0; i < 4; ++i) labs.emplace_back(start_labs);
  for (std::thread& lab : labs) lab.join();
  BOOST_TEST(mistakes == 0);
  BOOST_TEST(std::filesystem::is_empty(parent.path()));
}

BOOST_AUTO_TEST_CASE(room_that_another_disk_may_grow_into_is_not_there) {
  const testing::TempDir parent;
  const std::uint64_t before = room_for_disks(parent.path());
  BOOST_REQUIRE(before > kGiB);
  std::filesystem::create_directories(parent.path() / "memqual-lab-other/guest1");
  const std::uint64_t half = before / 2;
  BOOST_REQUIRE(make_sparse(parent.path() / "memqual-lab-other/guest1/swap", half).ok());
  // Others write on the same disk meanwhile.
  BOOST_TEST(room_for_disks(parent.path()) < before - half + half / 2);
  BOOST_TEST(room_for_disks(parent.path() / "none") == 0U);
}

BOOST_AUTO_TEST_CASE(files_are_whole_or_an_error) {
  const testing::TempDir folder;
  BOOST_TEST(write_whole(folder.path() / "a", "text").ok());
  BOOST_TEST(*read_whole(folder.path() / "a") == "text");
  BOOST_TEST(!write_whole(folder.path() / "no/a", "text").ok());
  BOOST_TEST(!read_whole(folder.path() / "b").ok());
  const Status full = write_whole("/dev/full", "text");
  BOOST_REQUIRE(!full.ok());
  BOOST_TEST(full.error().hint.find("TMPDIR") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_disk_is_sparse_and_must_fit) {
  const testing::TempDir folder;
  BOOST_TEST(make_sparse(folder.path() / "swap", kGiB).ok());
  BOOST_TEST(std::filesystem::file_size(folder.path() / "swap") == kGiB);
  const Status huge = make_sparse(folder.path() / "huge", 1024 * 1024 * kTiB);
  BOOST_REQUIRE(!huge.ok());
  BOOST_TEST(huge.error().message.find("are free there") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
