// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/kernel_log.h"

#include <boost/test/unit_test.hpp>

using memqual::names_process;

BOOST_AUTO_TEST_SUITE(kernel_log)

BOOST_AUTO_TEST_CASE(a_process_is_named_by_its_whole_number_behind_a_known_word) {
  struct Row {
    const char* line;
    std::int64_t pid;
    bool named;
  };
  for (const Row& row : {
           Row{"Out of memory: Killed process 17 (memqual-child) total-vm:8kB", 17, true},
           Row{"Memory cgroup out of memory: Killed process 17", 17, true},
           Row{"oom-kill:constraint=CONSTRAINT_MEMCG,task=memqual-child,pid=17,uid=0", 17, true},
           Row{"__vm_enough_memory: pid: 17, comm: memqual-child, bytes: 4096", 17, true},
           Row{"memqual-child:pid:17 did it", 17, true},
           Row{"mmap: memqual-child (17): VmData 67112960 exceed data ulimit 67108864.", 17, true},
           Row{"mmap: memqual-child (170): VmData 1 exceed data ulimit 17.", 17, false},
           Row{"Killed process 170 (other), pid=171, pid: 1700", 17, false},
           Row{"Killed process 170 (other), pid=17", 17, true},
           Row{"Killed process 117 (other)", 17, false},
           Row{"total-vm:17kB, anon-rss:17kB, UID:17", 17, false},
           Row{"17", 17, false},
           Row{"process ", 17, false},
           Row{"", 17, false},
           Row{"pid: 9223372036854775807", 9223372036854775807, true},
       })
    BOOST_TEST(names_process(row.line, row.pid) == row.named, row.line);
}

BOOST_AUTO_TEST_CASE(what_a_probe_was_refused_is_told_from_what_the_workload_was) {
  BOOST_TEST(
      memqual::is_about_a_probe("__vm_enough_memory: pid: 17, comm: memqual-probe, bytes: 1"));
  BOOST_TEST(
      !memqual::is_about_a_probe("__vm_enough_memory: pid: 17, comm: memqual-child, bytes: 1"));
}

BOOST_AUTO_TEST_CASE(a_process_that_is_not_known_is_never_named) {
  BOOST_TEST(!names_process("swapper/0 pid: 0, pid=0", 0));
  BOOST_TEST(!names_process("pid: -1", -1));
}

BOOST_AUTO_TEST_SUITE_END()
