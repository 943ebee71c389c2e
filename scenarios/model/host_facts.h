// SPDX-License-Identifier: Apache-2.0
// What the harness knows about a machine, each fact with the place it was read from.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace memqual {

/// A value and where it came from ("/proc/meminfo MemTotal"). Empty where the host does not say.
template <class T>
struct Fact {
  std::optional<T> value;
  std::string source;

  bool known() const { return value.has_value(); }
  T value_or(T fallback) const { return value ? *value : fallback; }
  void set(T new_value, std::string new_source) {
    value = std::move(new_value);
    source = std::move(new_source);
  }
  bool operator==(const Fact&) const = default;
};

/// A node may have memory and no CPUs, or CPUs and no memory.
struct NumaNodeFacts {
  std::uint32_t id = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::string cpus = {};  ///< "0-3,8"; empty: none, or not known
  /// To every node, in the order of HostFacts::numa_nodes; 10 is the node itself. May be empty.
  std::vector<std::uint64_t> distances = {};
  bool operator==(const NumaNodeFacts&) const = default;
};

/// A machine and its memory settings at one moment. Plain values; every field may be unknown.
/// Bytes are bytes (the readers convert kB once), counts are counts.
struct HostFacts {
  // The machine
  Fact<std::string> os;                ///< "linux", "macos", "windows"
  Fact<std::string> os_name;           ///< "Debian GNU/Linux 12 (bookworm)"
  Fact<std::string> kernel_release;    ///< "6.18.44"
  Fact<std::uint64_t> kernel_version;  ///< comparable: 1000 * major + minor, 6018 for 6.18
  Fact<std::string> arch;              ///< "x86_64"
  Fact<std::string> hostname;
  Fact<std::uint64_t> cpus;
  Fact<std::uint64_t> page_size_bytes;
  Fact<std::uint64_t> huge_page_size_bytes;
  Fact<std::string> container;  ///< "none", "docker", "lxc", "gvisor", ...
  // Memory
  Fact<std::uint64_t> mem_total_bytes;
  /// True where mem_total and swap_total are what a container is shown, and the kernel's own, which
  /// are at least as much, are not known.
  Fact<bool> mem_total_faked;
  Fact<std::uint64_t> mem_free_bytes;
  Fact<std::uint64_t> mem_available_bytes;
  Fact<std::uint64_t> swap_total_bytes;
  Fact<std::uint64_t> swap_free_bytes;
  /// What swap space can grow to: the page file of Windows, the swap files of macOS. Unknown where
  /// it does not grow.
  Fact<std::uint64_t> swap_max_bytes;
  Fact<std::uint64_t> commit_limit_bytes;
  Fact<std::uint64_t> committed_as_bytes;
  Fact<std::uint64_t> huge_pages_total;  ///< count, of the default size
  Fact<std::uint64_t> huge_pages_free;
  Fact<std::uint64_t> hugetlb_page_size_bytes;  ///< the default size of the pool; not that of THP
  Fact<std::uint64_t> hugetlb_bytes;            ///< all reserved huge pages, of every size
  Fact<std::uint64_t> address_space_bits;       ///< virtual address bits of the CPU
  Fact<std::uint64_t> l1_cache_bytes;           ///< data, of the first CPU
  Fact<std::uint64_t> l2_cache_bytes;
  Fact<std::uint64_t> l3_cache_bytes;
  /// Address space of a process that has asked for nothing; unknown where it is a few MiB.
  Fact<std::uint64_t> process_vsz_bytes;
  // Settings
  Fact<std::uint64_t> overcommit_memory;  ///< 0 heuristic, 1 always, 2 never
  Fact<std::uint64_t> overcommit_ratio;
  Fact<std::uint64_t> overcommit_kbytes;
  Fact<std::string> heuristic_limit;  ///< of mode 0: "ram_and_swap" (>= 5.2), "free_memory" before
  Fact<std::uint64_t> user_reserve_bytes;
  Fact<std::uint64_t> admin_reserve_bytes;
  Fact<std::uint64_t> max_map_count;
  Fact<std::uint64_t> swappiness;
  Fact<std::uint64_t> randomize_va_space;
  Fact<std::uint64_t> mmap_rnd_bits;     ///< random bits of a mapping's page number; root reads it
  Fact<std::uint64_t> legacy_va_layout;  ///< 1: mappings grow upwards
  Fact<std::uint64_t> panic_on_oom;
  Fact<std::string> thp;         ///< "always", "madvise", "never"
  Fact<std::string> thp_defrag;  ///< the same, "defer" and "defer+madvise"
  Fact<bool> zswap;              ///< a compressed cache before the swap space is on
  // Limits of this process (soft; unknown means unlimited where the source is named)
  std::map<std::string, Fact<std::uint64_t>> rlimits;  ///< address_space, data, stack, memlock, ...
  // Control group of this process
  Fact<std::string> cgroup_version;        ///< memory controller: "v1", "v2", "none"
  Fact<std::string> cgroup_path;           ///< path of the memory cgroup inside its hierarchy
  Fact<std::uint64_t> cgroup_limit_bytes;  ///< effective: minimum over all ancestors
  Fact<std::uint64_t> cgroup_usage_bytes;
  Fact<std::uint64_t> cgroup_swap_limit_bytes;
  // Windows job of this process
  Fact<std::uint64_t> job_process_limit_bytes;  ///< ProcessMemoryLimit: committed by one process
  Fact<std::uint64_t> job_limit_bytes;          ///< JobMemoryLimit: committed by all of them
  // Privileges: what this process may do here
  Fact<bool> root;
  Fact<bool> cap_sys_admin;  ///< in the initial user namespace as far as can be told
  Fact<bool> cap_ipc_lock;
  Fact<bool> sysctl_write;     ///< /proc/sys/vm is writable
  Fact<bool> cgroup_memory;    ///< a memory cgroup can be made
  Fact<bool> cgroup_swap;      ///< its swap can be limited
  Fact<bool> kernel_log;       ///< /dev/kmsg is readable
  Fact<bool> cgroup_cpuset;    ///< its NUMA nodes can be limited
  Fact<bool> user_namespaces;  ///< this process may make one
  Fact<bool> zram;             ///< compressed RAM disks can be made
  // NUMA
  Fact<std::uint64_t> memory_nodes;       ///< nodes that have memory
  Fact<std::uint64_t> node_memory_bytes;  ///< of the largest node
  std::vector<NumaNodeFacts> numa_nodes;
  // Asked of the host on demand: "python3" -> true, "numpy" -> false
  std::map<std::string, bool> programs;
  std::map<std::string, bool> python_modules;

  bool operator==(const HostFacts&) const = default;
};

enum class FactUnit { bytes, count, text, boolean };

using FactValue = std::variant<std::monostate, std::uint64_t, std::string, bool>;

/// One row of the fact table: the fact's public name (expressions, JSON, `doctor`), unit and
/// meaning.
struct FactField {
  std::string name;  ///< as in expressions: "mem_total"; JSON adds "_bytes" where unit is bytes
  FactUnit unit = FactUnit::count;
  std::string meaning;
  std::variant<Fact<std::uint64_t> HostFacts::*, Fact<std::string> HostFacts::*,
               Fact<bool> HostFacts::*>
      member;
};

/// Every scalar fact, in the order of the struct. The one list behind JSON, expressions and
/// `doctor`.
const std::vector<FactField>& fact_table();
/// The node of that number; nullptr where there is none.
const NumaNodeFacts* find_node(const HostFacts& facts, std::uint32_t id);
/// nullptr for an unknown name.
const FactField* find_fact(const std::string& name);
FactValue fact_value(const HostFacts& facts, const FactField& field);
std::string fact_source(const HostFacts& facts, const FactField& field);

}  // namespace memqual
