// SPDX-License-Identifier: Apache-2.0
#include "reports/machine_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/console_text.h"
#include "reports/html_text.h"
#include "reports/summary.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

using Number = Fact<std::uint64_t>;

std::string swap_words(const Number& swap) {
  if (!swap.known()) return "unknown";
  return *swap.value == 0 ? "none" : format_bytes(*swap.value);
}

std::string known_bytes(const Number& fact) {
  return fact.known() ? format_bytes(*fact.value) : "unknown";
}

/// "4 x 94.5 GiB" of equal nodes, else each: "64 GiB, 128 GiB, no memory".
std::string node_words(const std::vector<NumaNodeFacts>& nodes) {
  constexpr std::size_t kListed = 8;
  if (nodes.empty()) return {};
  const auto words = [](const NumaNodeFacts& node) {
    return node.memory_bytes == 0 ? std::string("no memory") : format_bytes(node.memory_bytes);
  };
  const std::string first = words(nodes.front());
  const bool equal = std::all_of(nodes.begin(), nodes.end(),
                                 [&](const auto& node) { return words(node) == first; });
  if (equal) return nodes.size() == 1 ? "1" : fmt::format("{} x {}", nodes.size(), first);
  std::string text = fmt::format("{}: ", nodes.size());
  for (std::size_t i = 0; i < std::min(nodes.size(), kListed); ++i)
    text += (i == 0 ? "" : ", ") + words(nodes[i]);
  return text + (nodes.size() > kListed ? ", ..." : "");
}

std::string kernel_of(const HostFacts& facts) {
  return clean_line(facts.kernel_release.value_or("unknown"), 60);
}

std::string row_of(const MachineRecord& machine) {
  const HostFacts& facts = machine.facts;
  std::string text = fmt::format("<tr><th scope=\"row\">{}</th>", html(machine.name, 120));
  if (machine.boots == 0)
    return text + fmt::format("<td colspan=\"7\"><b class=\"tag\">{}</b></td></tr>\n",
                              html(boot_words(machine)));
  for (const std::string& cell :
       {known_bytes(facts.mem_total_bytes), swap_words(facts.swap_total_bytes),
        known_bytes(facts.commit_limit_bytes)})
    text += fmt::format("<td class=\"num\">{}</td>", html(cell));
  return text + fmt::format("<td>{}</td><td class=\"num\">{}</td><td>{}</td><td>{}</td></tr>\n",
                            html(node_words(facts.numa_nodes)),
                            facts.cpus.known() ? std::to_string(*facts.cpus.value) : "unknown",
                            html(kernel_of(facts)), html(boot_words(machine)));
}

}  // namespace

std::string room_words(const HostFacts& facts) {
  if (!facts.mem_total_bytes.known()) return "memory not known";
  std::string text = "RAM " + format_bytes(*facts.mem_total_bytes.value);
  if (facts.swap_total_bytes.known())
    text += *facts.swap_total_bytes.value == 0
                ? ", no swap"
                : ", swap " + format_bytes(*facts.swap_total_bytes.value);
  if (facts.numa_nodes.size() > 1) text += fmt::format(", {} nodes", facts.numa_nodes.size());
  return text;
}

std::string boot_words(const MachineRecord& machine) {
  if (machine.boots == 0)
    return fmt::format("did not boot, {} {}", machine.failed_boots,
                       machine.failed_boots == 1 ? "attempt" : "attempts");
  const std::string last = duration_words(machine.boot_ms * 1000000);
  std::string text = machine.boots == 1
                         ? fmt::format("booted in {}", last)
                         : fmt::format("booted {} times, the last in {}", machine.boots, last);
  if (machine.failed_boots > 0) text += fmt::format("; {} failed", machine.failed_boots);
  return text;
}

std::vector<std::string> machine_lines(const std::vector<MachineRecord>& machines) {
  std::vector<std::vector<std::string>> rows;
  for (const MachineRecord& machine : machines) {
    const std::string name = clean_line(machine.name, 120);
    if (machine.boots == 0)
      rows.push_back({name, boot_words(machine)});
    else
      rows.push_back({name, room_words(machine.facts), "kernel " + kernel_of(machine.facts),
                      boot_words(machine)});
  }
  return aligned(rows);
}

std::string html_machines(const RunRecord& record) {
  if (record.machines.empty()) return {};
  std::string text =
      "<section><h2>The machines</h2>\n<p class=\"legend\">Machines of the lab: guests that were "
      "booted for this run. What a case got was granted by its machine, not by the host.</p>\n"
      "<div class=\"scroll\"><table class=\"machines\"><thead><tr><th scope=\"col\">Machine</th>"
      "<th scope=\"col\" class=\"num\">RAM</th><th scope=\"col\" class=\"num\">Swap</th>"
      "<th scope=\"col\" class=\"num\">Commit limit</th><th scope=\"col\">NUMA nodes</th>"
      "<th scope=\"col\" class=\"num\">CPUs</th><th scope=\"col\">Kernel</th>"
      "<th scope=\"col\">Boot</th></tr></thead><tbody>\n";
  for (const MachineRecord& machine : record.machines) text += row_of(machine);
  return text + "</tbody></table></div></section>\n";
}

}  // namespace memqual
