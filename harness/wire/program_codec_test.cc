// SPDX-License-Identifier: Apache-2.0
#include "harness/wire/program_codec.h"

#include <boost/test/unit_test.hpp>

#include "harness/wire/line.h"

using namespace memqual;

namespace {

WorkloadStep step(auto action) { return WorkloadStep{std::move(action), ""}; }

ChildProgram every_step() {
  ChildProgram program;
  program.setup.oom_score_adj = -17;
  program.setup.rlimits = {{RlimitResource::address_space, false, 123456789012345},
                           {RlimitResource::core, true, 0},
                           {RlimitResource::data, false, 4096, true}};
  program.setup.disable_aslr = true;
  program.setup.fresh_image = true;
  program.setup.uid = 65534;
  program.setup.gid = 0;
  program.setup.variables = {{"A", "b c\n=%"}, {"EMPTY", ""}};
  program.setup.scratch_dir = "/tmp/with space";
  program.setup.caches = {1, 2, 3};
  program.setup.node_cpus = {"0-3,8", "4-7"};
  program.setup.numa_policy = NumaPolicy::interleave;
  program.setup.numa_nodes = {0, 3};
  program.setup.cpus = {1, 2, 70};
  program.setup.namespace_root = true;
  Allocate allocate;
  allocate.name = "ä b";
  allocate.size = Size::of_bytes(1ull << 62);
  allocate.count = 10000;
  allocate.using_ = AllocateUsing::posix_memalign;
  allocate.alignment_bytes = 4096;
  allocate.touched = true;
  Touch touch{"a", Access::read, Stride::huge_page, 0.1, 42, 3};
  Fork inner{2, {step(Free{"a"})}};
  program.workload = {step(allocate),
                      step(touch),
                      step(Verify{"a"}),
                      step(Free{"a"}),
                      step(Protect{"a", Protection::none}),
                      step(Advise{"a", Advice::pageout}),
                      step(Lock{"a"}),
                      step(Fork{3, {step(inner), step(Spawn{1})}, 500}),
                      step(Spawn{9}),
                      step(Command{{"sh", "-c", "echo \"x y\"\n"}, {}, {}}),
                      step(FindLargest{}),
                      step(FindLargest{AllocateUsing::calloc, Size::of_bytes(1ull << 62), {}}),
                      step(FindLargest{AllocateUsing::brk, {}, Size::of_bytes(1)}),
                      step(Bandwidth{}),
                      step(Bandwidth{{BandwidthOperation::page_fault, BandwidthOperation::read},
                                     Size::of_bytes(4096),
                                     {1, 1024},
                                     7,
                                     PageChoice::base,
                                     {0, 1, 5},
                                     3}),
                      step(Placement{"a", {}, false, false}),
                      step(Placement{"a", {0, 12}, false, true})};
  return program;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(program_codec)

BOOST_AUTO_TEST_CASE(every_step_and_setting_survives_a_round_trip) {
  const ChildProgram program = every_step();
  const Result<std::string> text = wire::encode_program(program);
  BOOST_REQUIRE(text.ok());
  const Result<ChildProgram> read = wire::decode_program(*text);
  BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error().message));
  BOOST_TEST((*read == program));
}

BOOST_AUTO_TEST_CASE(a_program_cut_anywhere_is_refused) {
  const std::string text = *wire::encode_program(every_step());
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    BOOST_TEST(!wire::decode_program(std::string_view(text).substr(0, size)).ok(),
               "cut at " << size);
}

BOOST_AUTO_TEST_CASE(another_version_is_refused) {
  BOOST_TEST(
      !wire::decode_program("program version=" + std::to_string(wire::kVersion + 1) + "\nend\n")
           .ok());
}

BOOST_AUTO_TEST_CASE(unknown_words_are_refused) {
  for (const char* line : {"allocate using=teleport", "dance", "touch access=sniff every=page",
                           "rlimit resource=patience", "command", "fork count=1", "find_largest",
                           "find_largest using=mmap block=0", "find_largest using=mmap block=-1",
                           "find_largest using=mmap up_to=1e9",
                           "bandwidth pages=base operation=teleport", "bandwidth operation=read"})
    BOOST_TEST(!wire::decode_program(std::string("program version=1\n") + line + "\nend\n").ok(),
               line);
}

BOOST_AUTO_TEST_CASE(endless_forks_are_refused) {
  std::string text = "program version=1\n";
  for (int i = 0; i < 1000; ++i) text += "fork count=1\n";
  for (int i = 0; i < 1000; ++i) text += "join\n";
  BOOST_TEST(!wire::decode_program(text + "end\n").ok());
}

BOOST_AUTO_TEST_CASE(a_program_over_the_limit_names_it) {
  ChildProgram program;
  program.workload.assign(200000, step(Free{"a long enough name"}));
  const Result<std::string> text = wire::encode_program(program);
  BOOST_REQUIRE(!text.ok());
  BOOST_TEST(text.error().message.find("1 MiB") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
