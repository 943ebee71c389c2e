// SPDX-License-Identifier: Apache-2.0
#include "harness/child/numa.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace memqual::child {
namespace {

// More nodes and processors than any kernel is built for.
constexpr std::size_t kMostNodes = 1024;
constexpr std::size_t kMostCpus = 8192;
constexpr std::size_t kWordBits = 8 * sizeof(unsigned long);

using NodeMask = std::array<unsigned long, kMostNodes / kWordBits>;

std::string list(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (const std::uint32_t number : numbers)
    text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

int mode_of(NumaPolicy policy) {
  switch (policy) {
    case NumaPolicy::default_:
      return MPOL_DEFAULT;
    case NumaPolicy::bind:
      return MPOL_BIND;
    case NumaPolicy::preferred:
      return MPOL_PREFERRED;
    case NumaPolicy::interleave:
      return MPOL_INTERLEAVE;
    case NumaPolicy::local:
      return MPOL_LOCAL;
  }
  return -1;
}

// Before 5.14 MPOL_LOCAL was kept, and is told, as MPOL_PREFERRED without nodes.
bool is_as_set(int mode, const NodeMask& mask, int now, const NodeMask& mask_now) {
  if (mode == MPOL_LOCAL && now == MPOL_PREFERRED) return mask_now == NodeMask{};
  return now == mode && mask_now == mask;
}

std::optional<SetupProblem> set_policy(NumaPolicy policy, const std::vector<std::uint32_t>& nodes) {
  const std::string what =
      "NUMA policy to " + std::string(to_word(policy)) + (nodes.empty() ? "" : " " + list(nodes));
  NodeMask mask{};
  for (const std::uint32_t node : nodes) {
    if (node >= kMostNodes) return SetupProblem{what, EINVAL};
    mask[node / kWordBits] |= 1UL << (node % kWordBits);
  }
  const int mode = mode_of(policy);
  // The kernel takes one bit less than it is told.
  if (syscall(SYS_set_mempolicy, mode, nodes.empty() ? nullptr : mask.data(),
              nodes.empty() ? 0UL : kMostNodes + 1) != 0)
    return SetupProblem{what, errno};
  int now = -1;
  NodeMask mask_now{};
  if (syscall(SYS_get_mempolicy, &now, mask_now.data(), kMostNodes, nullptr, 0UL) != 0)
    return SetupProblem{what, errno};
  if (!is_as_set(mode, mask, now, mask_now)) return SetupProblem{what, 0};
  return std::nullopt;
}

std::optional<SetupProblem> set_cpus(const std::vector<std::uint32_t>& cpus) {
  const std::string what = "processors to " + list(cpus);
  alignas(unsigned long) std::array<unsigned char, CPU_ALLOC_SIZE(kMostCpus)> wanted{};
  auto now = wanted;
  auto* const set = reinterpret_cast<cpu_set_t*>(wanted.data());
  for (const std::uint32_t cpu : cpus) {
    if (cpu >= kMostCpus) return SetupProblem{what, EINVAL};
    CPU_SET_S(cpu, wanted.size(), set);
  }
  if (sched_setaffinity(0, wanted.size(), set) != 0) return SetupProblem{what, errno};
  if (sched_getaffinity(0, now.size(), reinterpret_cast<cpu_set_t*>(now.data())) != 0)
    return SetupProblem{what, errno};
  if (now != wanted) return SetupProblem{what, 0};
  return std::nullopt;
}

}  // namespace

std::optional<SetupProblem> apply_numa(const ChildSetup& setup) {
  if (!setup.cpus.empty())
    if (auto problem = set_cpus(setup.cpus)) return problem;
  if (setup.numa_policy) return set_policy(*setup.numa_policy, setup.numa_nodes);
  return std::nullopt;
}

}  // namespace memqual::child
