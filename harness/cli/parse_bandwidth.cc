// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/parse_bandwidth.h"

namespace memqual {
namespace {

constexpr const char* kBandwidthFooter =
    "Examples\n"
    "  memqual bandwidth                              everything, with 1, 2, 4 ... all CPUs\n"
    "  memqual bandwidth --operations copy,read --threads 1,2 --size 64MiB --rounds 3\n"
    "  memqual bandwidth --operations page_fault,huge_page_fault\n"
    "  memqual bandwidth --format json\n"
    "  memqual bandwidth --report svg=bandwidth.svg --report json=bandwidth.json\n"
    "\n"
    "Operations: read, write (through the caches), nt_write (past them), copy, triad (c = a + "
    "x*b),\n"
    "page_fault and huge_page_fault (the first touch of fresh memory). Arrays should be several\n"
    "times the last cache; up to four of them are in memory at once. Figures are medians over\n"
    "rounds in which everything takes turns, of memory that is recycled. Measure on a quiet\n"
    "machine: where two threads do not copy about 1.9 times as fast as one, the table says what\n"
    "not to believe.";

}  // namespace

void add_bandwidth(CLI::App& app, Arguments& out) {
  BandwidthQuestion& asked = out.bandwidth.question;
  CLI::App* command = app.add_subcommand(
      "bandwidth", "Measure how fast this machine reads, writes, copies and first touches memory");
  command->add_option("--operations", asked.operations, "What to measure (default: all)")
      ->type_name("WHAT,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option("--threads", asked.threads, "Numbers of threads (default: 1,2,4,... all CPUs)")
      ->type_name("N,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--size", asked.size, "Of one array (default 256MiB)")->type_name("SIZE");
  command->add_option("--rounds", asked.rounds, "Whose median counts (default 5)");
  command->add_option("--pages", asked.pages, "Of the arrays: huge or base (default huge)");
  command->add_option("--format", out.bandwidth.format, "What to print: table, json or svg")
      ->check(CLI::IsMember({"table", "json", "svg"}));
  command
      ->add_option(
          "--report", out.bandwidth.reports,
          "Write table, json or svg to a path or - (repeatable); the table is shown unless one is")
      ->type_name("FORMAT=PATH")
      ->allow_extra_args(false);
  command->footer(kBandwidthFooter);
}

}  // namespace memqual
