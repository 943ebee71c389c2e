// SPDX-License-Identifier: Apache-2.0
#include "reports/machine_words.h"

#include <boost/test/unit_test.hpp>

#include "reports/render.h"
#include "reports/sample_record.h"
#include "reports/testing.h"

using namespace memqual;
using testing::contains;

BOOST_AUTO_TEST_SUITE(machine_words)

BOOST_AUTO_TEST_CASE(room_is_memory_swap_and_nodes) {
  HostFacts facts;
  BOOST_TEST(room_words(facts) == "memory not known");
  facts.mem_total_bytes.set(8 * kGiB, "test");
  BOOST_TEST(room_words(facts) == "RAM 8 GiB");
  facts.swap_total_bytes.set(0, "test");
  facts.numa_nodes = {{0, 8 * kGiB, 0}};
  BOOST_TEST(room_words(facts) == "RAM 8 GiB, no swap");
  facts.swap_total_bytes.set(2 * kGiB, "test");
  facts.numa_nodes.push_back({1, 0, 0});
  BOOST_TEST(room_words(facts) == "RAM 8 GiB, swap 2 GiB, 2 nodes");
}

BOOST_AUTO_TEST_CASE(boots_are_counted_and_failed_ones_named) {
  MachineRecord machine;
  machine.boots = 1;
  machine.boot_ms = 5511;
  BOOST_TEST(boot_words(machine) == "booted in 5.51 s");
  machine.boots = 3;
  machine.failed_boots = 1;
  BOOST_TEST(boot_words(machine) == "booted 3 times, the last in 5.51 s; 1 failed");
  machine.boots = 0;
  BOOST_TEST(boot_words(machine) == "did not boot, 1 attempt");
}

BOOST_AUTO_TEST_CASE(the_console_lists_the_machines_behind_the_cases) {
  const std::string text = render_console(lab_record(), {});
  BOOST_TEST(contains(text, "\nmachines of the lab\n  laptop-12g      RAM 11.7 GiB, no swap"),
             text);
  BOOST_TEST(contains(text, "kernel 6.1.0-18-cloud-amd64"));
  BOOST_TEST(contains(text, "  server-1t-8n    did not boot, 2 attempts\n"), text);
  BOOST_TEST(!contains(render_console(sample_record(), {}), "machines of the lab"));
}

BOOST_AUTO_TEST_CASE(the_page_tells_machines_from_the_host_that_booted_them) {
  const std::string page = render_html(lab_record());
  for (const char* part : {"<h2>The machines</h2>", "<th scope=\"row\">server-128g-2n</th>",
                           "2 x 62.9 GiB", "did not boot, 2 attempts",
                           "<h2>The host that booted them</h2>", "What each machine grants"})
    BOOST_TEST(contains(page, part), part);
  BOOST_TEST(!contains(page, "What this machine grants"));
  const std::string plain = render_html(sample_record());
  BOOST_TEST(!contains(plain, "The machines"));
  BOOST_TEST(!contains(plain, "The host that booted them"));
}

BOOST_AUTO_TEST_CASE(unequal_nodes_are_told_one_by_one) {
  RunRecord record = lab_record();
  record.machines[1].facts.numa_nodes[1].memory_bytes = 0;
  BOOST_TEST(contains(html_machines(record), "2: 62.9 GiB, no memory"));
}

BOOST_AUTO_TEST_SUITE_END()
