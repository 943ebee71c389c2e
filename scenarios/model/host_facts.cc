// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/host_facts.h"

namespace memqual {
namespace {

using Facts = HostFacts;
constexpr FactUnit kBytes = FactUnit::bytes;
constexpr FactUnit kCount = FactUnit::count;
constexpr FactUnit kText = FactUnit::text;
constexpr FactUnit kBool = FactUnit::boolean;

std::vector<FactField> machine_fields() {
  return {
      {"os", kText, "operating system family", &Facts::os},
      {"os_name", kText, "operating system as it names itself", &Facts::os_name},
      {"kernel_release", kText, "kernel release (uname -r)", &Facts::kernel_release},
      {"kernel_version", kCount, "kernel version, 1000 * major + minor: 5002 is 5.2",
       &Facts::kernel_version},
      {"arch", kText, "processor architecture (uname -m)", &Facts::arch},
      {"hostname", kText, "host name", &Facts::hostname},
      {"cpus", kCount, "processors that are online", &Facts::cpus},
      {"page_size", kBytes, "size of a page", &Facts::page_size_bytes},
      {"huge_page_size", kBytes, "size of a transparent huge page", &Facts::huge_page_size_bytes},
      {"container", kText, "container runtime around this process, or none", &Facts::container},
  };
}

std::vector<FactField> memory_fields() {
  return {
      {"mem_total", kBytes, "memory that the kernel manages", &Facts::mem_total_bytes},
      {"mem_total_faked", kBool, "mem_total and swap_total are the container's, not the kernel's",
       &Facts::mem_total_faked},
      {"mem_free", kBytes, "memory that is not used at all", &Facts::mem_free_bytes},
      {"mem_available", kBytes, "memory that can be had without swapping (the kernel's estimate)",
       &Facts::mem_available_bytes},
      {"swap_total", kBytes, "swap space", &Facts::swap_total_bytes},
      {"swap_free", kBytes, "swap space that is not used", &Facts::swap_free_bytes},
      {"swap_max", kBytes, "what swap space can grow to where it grows by itself",
       &Facts::swap_max_bytes},
      {"commit_limit", kBytes,
       "most that may be committed: in overcommit mode never, and always on Windows",
       &Facts::commit_limit_bytes},
      {"committed_as", kBytes, "memory promised to all processes", &Facts::committed_as_bytes},
      {"huge_pages_total", kCount, "reserved huge pages of the default size",
       &Facts::huge_pages_total},
      {"huge_pages_free", kCount, "reserved huge pages that are not used", &Facts::huge_pages_free},
      {"hugetlb_page_size", kBytes, "size of a reserved huge page, where no other is asked for",
       &Facts::hugetlb_page_size_bytes},
      {"hugetlb", kBytes, "all reserved huge pages, of every size", &Facts::hugetlb_bytes},
      {"l1_cache", kBytes, "first data cache of a CPU", &Facts::l1_cache_bytes},
      {"l2_cache", kBytes, "second cache of a CPU", &Facts::l2_cache_bytes},
      {"l3_cache", kBytes, "third cache of a CPU, shared or not", &Facts::l3_cache_bytes},
      {"address_space_bits", kCount, "virtual address bits of the processor",
       &Facts::address_space_bits},
      {"process_vsz", kBytes, "address space of a process that has asked for nothing",
       &Facts::process_vsz_bytes},
      {"memory_nodes", kCount, "NUMA nodes that have memory", &Facts::memory_nodes},
      {"node_memory", kBytes, "memory of the largest NUMA node", &Facts::node_memory_bytes},
  };
}

std::vector<FactField> setting_fields() {
  return {
      {"overcommit_memory", kCount, "vm.overcommit_memory: 0 heuristic, 1 always, 2 never",
       &Facts::overcommit_memory},
      {"overcommit_ratio", kCount, "vm.overcommit_ratio, percent; 0 where kbytes is set",
       &Facts::overcommit_ratio},
      {"overcommit_kbytes", kCount, "vm.overcommit_kbytes, kibibytes; 0 where ratio is set",
       &Facts::overcommit_kbytes},
      {"heuristic_limit", kText,
       "what mode heuristic holds a request against: ram_and_swap (Linux 5.2) or free_memory",
       &Facts::heuristic_limit},
      {"user_reserve", kBytes, "kept back from a single process in mode never",
       &Facts::user_reserve_bytes},
      {"admin_reserve", kBytes, "kept back for root in mode never", &Facts::admin_reserve_bytes},
      {"max_map_count", kCount, "mappings that one process may have", &Facts::max_map_count},
      {"swappiness", kCount, "vm.swappiness", &Facts::swappiness},
      {"randomize_va_space", kCount, "address space randomisation: 0 off, 1 without brk, 2 full",
       &Facts::randomize_va_space},
      {"mmap_rnd_bits", kCount, "vm.mmap_rnd_bits: random bits of where mappings begin",
       &Facts::mmap_rnd_bits},
      {"legacy_va_layout", kCount, "vm.legacy_va_layout: 1 where mappings grow upwards",
       &Facts::legacy_va_layout},
      {"panic_on_oom", kCount,
       "vm.panic_on_oom: other than 0, running out of memory halts the host", &Facts::panic_on_oom},
      {"thp", kText, "transparent huge pages: always, madvise or never", &Facts::thp},
      {"thp_defrag", kText, "what a fault does for a huge page that is not at hand",
       &Facts::thp_defrag},
      {"zswap", kBool, "a compressed cache before the swap space is on", &Facts::zswap},
  };
}

std::vector<FactField> process_fields() {
  return {
      {"cgroup_version", kText, "version of the memory controller: v1, v2 or none",
       &Facts::cgroup_version},
      {"cgroup_path", kText, "memory cgroup of this process", &Facts::cgroup_path},
      {"cgroup_limit", kBytes, "effective memory limit: the lowest over all ancestors",
       &Facts::cgroup_limit_bytes},
      {"cgroup_usage", kBytes, "memory charged to the cgroup of this process",
       &Facts::cgroup_usage_bytes},
      {"cgroup_swap_limit", kBytes,
       "swap allowed on top of the memory limit (v1: memsw less memory limit)",
       &Facts::cgroup_swap_limit_bytes},
      {"job_process_limit", kBytes, "what one process of the Windows job may commit",
       &Facts::job_process_limit_bytes},
      {"job_limit", kBytes, "what all processes of the Windows job may commit",
       &Facts::job_limit_bytes},
      {"root", kBool, "this process runs as root", &Facts::root},
      {"cap_sys_admin", kBool, "CAP_SYS_ADMIN in the initial user namespace",
       &Facts::cap_sys_admin},
      {"cap_ipc_lock", kBool, "CAP_IPC_LOCK: may lock memory beyond the limit",
       &Facts::cap_ipc_lock},
      {"sysctl_write", kBool, "may change vm.* settings", &Facts::sysctl_write},
      {"cgroup_memory", kBool, "may make a memory cgroup", &Facts::cgroup_memory},
      {"cgroup_swap", kBool, "may limit the swap of a cgroup", &Facts::cgroup_swap},
      {"kernel_log", kBool, "may read the kernel log", &Facts::kernel_log},
      {"cgroup_cpuset", kBool, "may limit the NUMA nodes of a cgroup", &Facts::cgroup_cpuset},
      {"user_namespaces", kBool, "may make a user namespace", &Facts::user_namespaces},
      {"zram", kBool, "may make compressed RAM disks", &Facts::zram},
  };
}

std::vector<FactField> make_table() {
  std::vector<FactField> table = machine_fields();
  for (auto part : {memory_fields(), setting_fields(), process_fields()})
    table.insert(table.end(), part.begin(), part.end());
  return table;
}

}  // namespace

const std::vector<FactField>& fact_table() {
  static const std::vector<FactField> table = make_table();
  return table;
}

const FactField* find_fact(const std::string& name) {
  for (const FactField& field : fact_table())
    if (field.name == name) return &field;
  return nullptr;
}

const NumaNodeFacts* find_node(const HostFacts& facts, std::uint32_t id) {
  for (const NumaNodeFacts& node : facts.numa_nodes)
    if (node.id == id) return &node;
  return nullptr;
}

FactValue fact_value(const HostFacts& facts, const FactField& field) {
  return std::visit(
      [&](auto member) -> FactValue {
        const auto& fact = facts.*member;
        if (!fact.value) return std::monostate{};
        return *fact.value;
      },
      field.member);
}

std::string fact_source(const HostFacts& facts, const FactField& field) {
  return std::visit([&](auto member) { return (facts.*member).source; }, field.member);
}

}  // namespace memqual
