// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu_nodes.h"

#include <algorithm>
#include <charconv>

#include "kernels/thread_pool.h"

namespace memqual::kernels {
namespace {

constexpr unsigned kMostCpus = 1u << 16;

// Takes a number off the front; false where there is none.
bool take_number(std::string_view& text, unsigned& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || number >= kMostCpus) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}

bool take_sign(std::string_view& text, char sign) {
  if (text.empty() || text.front() != sign) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::vector<unsigned> read_cpu_list(std::string_view text) {
  std::vector<unsigned> cpus;
  do {
    unsigned first = 0;
    if (!take_number(text, first)) return {};
    unsigned last = first;
    if (take_sign(text, '-') && !take_number(text, last)) return {};
    if (last < first || (!cpus.empty() && first <= cpus.back())) return {};
    for (unsigned cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  } while (take_sign(text, ','));
  return text.empty() ? cpus : std::vector<unsigned>();
}

std::vector<unsigned> spread_over_nodes(const std::vector<std::vector<unsigned>>& nodes,
                                        const std::vector<unsigned>& usable, std::size_t threads) {
  std::vector<std::vector<unsigned>> here;
  for (const std::vector<unsigned>& node : nodes) {
    std::vector<unsigned> cpus;
    for (const unsigned cpu : node)
      if (std::find(usable.begin(), usable.end(), cpu) != usable.end()) cpus.push_back(cpu);
    if (!cpus.empty()) here.push_back(std::move(cpus));
  }
  if (here.size() < 2) return usable;
  std::vector<unsigned> chosen;
  for (std::size_t n = 0; n < here.size(); ++n) {
    const Share workers = share_of(threads, n, here.size());
    for (std::size_t i = 0; i < workers.last - workers.first; ++i)
      chosen.push_back(here[n][i % here[n].size()]);
  }
  return chosen;
}

}  // namespace memqual::kernels
