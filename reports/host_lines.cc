// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/summary.h"
#include "scenarios/model/bytes.h"
#include "scenarios/model/environment.h"

namespace memqual {
namespace {

using Number = Fact<std::uint64_t>;

std::string bytes_or(const Number& fact, const char* unknown) {
  return fact.known() ? format_bytes(*fact.value) : unknown;
}

std::string suffixed(const Number& fact, const char* words) {
  return fact.known() ? format_bytes(*fact.value) + words : std::string();
}

HostLine overcommit_line(const HostFacts& host) {
  HostLine line{"Overcommit", "unknown", {}};
  if (!host.overcommit_memory.known()) return line;
  const std::uint64_t mode = *host.overcommit_memory.value;
  line.words = std::to_string(mode);
  if (mode <= 2) line.words += fmt::format(" {}", to_word(static_cast<OvercommitMode>(mode)));
  if (host.overcommit_kbytes.value_or(0) > 0) {
    line.detail = fmt::format("kbytes {}", *host.overcommit_kbytes.value);
  } else if (host.overcommit_ratio.known()) {
    line.detail = fmt::format("ratio {} %", *host.overcommit_ratio.value);
  }
  return line;
}

HostLine cgroup_line(const HostFacts& host) {
  HostLine line{"Cgroup limit", "none", {}};
  const std::string version = host.cgroup_version.value_or("");
  if (version == "none" || version.empty()) {
    line.detail = version.empty() ? "not known" : "no memory controller";
    if (version.empty()) line.words = "unknown";
    return line;
  }
  if (host.cgroup_limit_bytes.known()) line.words = format_bytes(*host.cgroup_limit_bytes.value);
  line.detail = clean_line(version, 20);
  return line;
}

}  // namespace

std::vector<HostLine> host_lines(const HostFacts& host) {
  std::vector<HostLine> lines;
  lines.push_back({"RAM", bytes_or(host.mem_total_bytes, "unknown"),
                   suffixed(host.mem_available_bytes, " available")});
  const bool no_swap = host.swap_total_bytes.known() && *host.swap_total_bytes.value == 0;
  lines.push_back({"Swap", no_swap ? "none" : bytes_or(host.swap_total_bytes, "unknown"),
                   no_swap ? "" : suffixed(host.swap_free_bytes, " free")});
  lines.push_back(overcommit_line(host));
  lines.push_back({"Commit limit", bytes_or(host.commit_limit_bytes, "unknown"),
                   suffixed(host.committed_as_bytes, " committed")});
  lines.push_back(cgroup_line(host));
  lines.push_back({"Huge pages (THP)", clean_line(host.thp.value_or("unknown"), 40), {}});
  std::string nodes = host.numa_nodes.empty()
                          ? ""
                          : fmt::format("{} NUMA node{}", host.numa_nodes.size(),
                                        host.numa_nodes.size() == 1 ? "" : "s");
  lines.push_back(
      {"CPUs", host.cpus.known() ? std::to_string(*host.cpus.value) : "unknown", nodes});
  std::string system = clean_line(host.os_name.value_or(host.os.value_or("")), 60);
  if (host.arch.known()) system += (system.empty() ? "" : ", ") + clean_line(*host.arch.value, 40);
  const std::string container = host.container.value_or("none");
  if (container != "none") system += ", in " + clean_line(container, 40);
  lines.push_back({"Kernel", clean_line(host.kernel_release.value_or("unknown"), 60), system});
  return lines;
}

}  // namespace memqual
