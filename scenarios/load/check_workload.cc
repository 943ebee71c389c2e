// SPDX-License-Identifier: Apache-2.0
// Names in a workload: allocated before they are used, once at a time, written before they are read
// back.
#include <map>
#include <set>

#include "scenarios/load/table.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr int kMaxForks = 4;

class NameChecker {
 public:
  explicit NameChecker(Findings& findings) : findings_(findings) {}

  struct Block {
    Mark allocated;
    bool written = false;
    bool freed = false;
    bool by_kernel = false;  ///< written last by a kernel step
  };
  using Blocks = std::map<std::string, Block>;

  void check(const Node& workload, Blocks blocks, int forks) {
    for (const NodePtr& step : workload.items) {
      for (const Entry& entry : step->entries) check_entry(entry, blocks, forks);
    }
  }

 private:
  void check_entry(const Entry& entry, Blocks& blocks, int forks) {
    const Node& value = *entry.value;
    if (entry.key == "fork") return check_fork(value, blocks, forks);
    if ((entry.key == "find_largest" || entry.key == "bandwidth") && forks > 0)
      findings_.error(entry.mark,
                      entry.key +
                          " in a fork: a forked process reports failures only, so nobody would "
                          "learn what it found; move it out of the fork");
    if (entry.key == "kernel") return check_kernel(entry, blocks, forks);
    static const std::set<std::string> named{"allocate", "touch",  "verify", "free",
                                             "protect",  "advise", "lock",   "placement"};
    if (named.count(entry.key) == 0) return;
    const Node* name = value.is_scalar() ? &value : value.find("name");
    if (name == nullptr || !name->is_scalar() || name->has_reference) return;
    if (entry.key == "allocate") return allocate(value, *name, blocks);
    use(entry.key, value, *name, blocks);
  }

  void check_fork(const Node& value, const Blocks& blocks, int forks) {
    const Node* workload = value.find("workload");
    if (workload == nullptr) return;
    if (forks >= kMaxForks) {
      findings_.error(workload->mark, "fork is nested more than 4 deep; make it flatter");
      return;
    }
    check(*workload, blocks, forks + 1);
  }

  void check_kernel(const Entry& entry, Blocks& blocks, int forks) {
    if (forks > 0)
      findings_.error(entry.mark,
                      "kernel in a fork: a forked process reports failures only, so nobody would "
                      "learn what it did; move it out of the fork");
    for (const char* key : {"in", "with", "out"}) {
      const Node* name = entry.value->find(key);
      if (name == nullptr || !name->is_scalar() || name->has_reference) continue;
      use("kernel", *entry.value, *name, blocks);
      const auto written = blocks.find(name->text);
      if (written != blocks.end() && std::string_view(key) == "out") {
        written->second.written = false;
        written->second.by_kernel = true;
      }
    }
  }

  void allocate(const Node& value, const Node& name, Blocks& blocks) {
    const auto found = blocks.find(name.text);
    if (found != blocks.end() && !found->second.freed) {
      findings_.error(name.mark, in_quotes(name.text) + " is allocated already, at line " +
                                     std::to_string(found->second.allocated.line) +
                                     "; free it first, use another name, or write count");
    }
    const Node* touched = value.find("touched");
    blocks[name.text] = Block{name.mark, touched != nullptr && is_true(*touched), false};
  }

  void use(const std::string& step, const Node& value, const Node& name, Blocks& blocks) {
    const auto found = blocks.find(name.text);
    if (found == blocks.end()) {
      std::vector<std::string> known;
      for (const auto& [other, block] : blocks) known.push_back(other);
      findings_.error(name.mark, step + ": nothing is allocated under the name " +
                                     in_quotes(name.text) + " before this step" +
                                     did_you_mean(name.text, known));
      return;
    }
    Block& block = found->second;
    if (block.freed) {
      findings_.error(name.mark, step + ": " + in_quotes(name.text) +
                                     " was freed before this step; allocate it again or move the "
                                     "step up");
      return;
    }
    if (step == "free") block.freed = true;
    if (step == "touch") {
      const Node* access = value.find("access");
      if (access == nullptr || access->text != "read") block = {block.allocated, true};
    }
    if (step == "verify" && !block.written) {
      findings_.error(
          name.mark,
          "verify: " + in_quotes(name.text) +
              (block.by_kernel ? " was written by a kernel, of which verify knows nothing; write "
                                 "verify: true in the kernel step"
                               : " was never written; add a touch before this step"));
    }
  }

  Findings& findings_;
};

}  // namespace

void check_workload_names(const Node& workload, Findings& findings) {
  NameChecker(findings).check(workload, {}, 0);
}

}  // namespace memqual
