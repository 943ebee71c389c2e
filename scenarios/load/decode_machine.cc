// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/decode_machine.h"

#include "scenarios/load/setting.h"

namespace memqual {
namespace {

constexpr std::int64_t kMostNode = 1023;  // of any kernel

bool needs_nodes(NumaPolicy policy) {
  return policy == NumaPolicy::bind || policy == NumaPolicy::preferred ||
         policy == NumaPolicy::interleave;
}

const Table<NumaSettings>& numa_table() {
  using T = NumaSettings;
  static const Table<T> table{{
      {"policy", word_shape(words_of<NumaPolicy>()), Required::whole,
       "set_mempolicy: default, bind, preferred, interleave or local",
       [](const Node& n, T& out, DecodeContext& c) {
         // Here `default` is a policy, and not a setting that is left as it is.
         if (c.origins != nullptr)
           c.origins->emplace_back("environment.numa.policy", to_origin(n.mark));
         out.policy = from_word<NumaPolicy>(n.text);
       }},
      {"nodes", any_of_shape({word_shape({"each"}), nodes_shape()}), Required::no,
       "of bind, preferred (one) and interleave; each: one case for every node with memory",
       setting<T>("numa.nodes",
                  [](const Node& n, T& out) {
                    out.each_node = n.is_scalar();
                    if (!out.each_node) out.nodes = decode_nodes(n);
                  })},
  }};
  return table;
}

void decode_numa(const Node& node, Environment& out, DecodeContext& context) {
  NumaSettings& numa = out.numa;
  numa_table().decode(node, numa, context);
  if (!numa.policy) return;
  const std::string word(to_word(*numa.policy));
  const Node* nodes = node.find("nodes");
  if (needs_nodes(*numa.policy) && nodes == nullptr)
    context.findings.error(node.mark, "policy " + word + " needs nodes, such as nodes: [0]");
  if (!needs_nodes(*numa.policy) && nodes != nullptr)
    context.findings.error(nodes->mark, "policy " + word + " takes no nodes; remove them");
  if (*numa.policy == NumaPolicy::preferred && numa.nodes.size() > 1)
    context.findings.error(nodes->mark, "policy preferred takes one node");
}

const Table<MachineSettings>& thp_table() {
  using T = MachineSettings;
  static const Table<T> table{{
      {"enabled", or_default(word_shape(words_of<ThpMode>())), Required::no,
       "always, madvise or never",
       setting<T>("thp.enabled",
                  [](const Node& n, T& out) { out.thp = from_word<ThpMode>(n.text); })},
      {"defrag", or_default(word_shape(words_of<ThpDefrag>())), Required::no,
       "what a fault does for a huge page that is not at hand",
       setting<T>("thp.defrag",
                  [](const Node& n, T& out) { out.thp_defrag = from_word<ThpDefrag>(n.text); })},
  }};
  return table;
}

const Table<HugetlbSettings>& hugetlb_table() {
  using T = HugetlbSettings;
  static const Table<T> table{{
      {"pages", integer_shape(0, INT32_MAX), Required::whole,
       "so many pages in the pool while the case runs",
       setting<T>("hugetlb.pages", [](const Node& n, T& out) { out.pages = decode_count(n); })},
      {"size", size_shape(), Required::no, "of a page; the host's default size",
       setting<T>("hugetlb.size", [](const Node& n, T& out) { out.size = decode_size(n); })},
      {"node", integer_shape(0, kMostNode), Required::no, "of this NUMA node only",
       setting<T>(
           "hugetlb.node",
           [](const Node& n, T& out) { out.node = static_cast<std::uint32_t>(decode_count(n)); })},
  }};
  return table;
}

const Table<SwapSettings>& swap_table() {
  using T = SwapSettings;
  static const Table<T> table{{
      {"size", size_shape(), Required::whole, "so much more than the host has",
       setting<T>("swap.size", [](const Node& n, T& out) { out.size = decode_size(n); })},
      {"on", word_shape(words_of<SwapOn>()), Required::no, "file or zram; file",
       setting<T>("swap.on",
                  [](const Node& n, T& out) {
                    out.on = from_word<SwapOn>(n.text).value_or(SwapOn::file);
                  })},
  }};
  return table;
}

using Machine = MachineSettings;

std::function<void(const Node&, Environment&, DecodeContext&)> of_machine(std::string path,
                                                                          void (*store)(const Node&,
                                                                                        Machine&)) {
  return setting<Environment>(std::move(path), [store](const Node& n, Environment& out) {
    store(n, out.machine_settings);
  });
}

void decode_thp(const Node& node, Environment& out, DecodeContext& context) {
  if (!node.is_scalar()) return thp_table().decode(node, out.machine_settings, context);
  of_machine("thp", [](const Node& n, Machine& to) { to.thp = from_word<ThpMode>(n.text); })(
      node, out, context);
}

std::optional<Error> check_node_words(const std::string& text) {
  const bool digits = text.size() > 5 && text.size() <= 9 && text.starts_with("node ") &&
                      text.find_first_not_of("0123456789", 5) == std::string::npos;
  if (digits) return std::nullopt;
  return Error{"must be a list of processors or a node such as node 0", ""};
}

void decode_cpus(const Node& node, Environment& out) {
  if (node.is_scalar())
    out.cpus.of_node = static_cast<std::uint32_t>(std::stoul(node.text.substr(5)));
  else
    out.cpus.cpus = decode_nodes(node);
}

}  // namespace

ShapePtr nodes_shape() { return list_shape(integer_shape(0, kMostNode), 1); }

std::vector<std::uint32_t> decode_nodes(const Node& node) {
  std::vector<std::uint32_t> nodes;
  for (const NodePtr& item : node.items)
    nodes.push_back(static_cast<std::uint32_t>(decode_count(*item)));
  return nodes;
}

std::vector<Field<Environment>> machine_setting_fields() {
  using T = Environment;
  return {
      {"max_map_count", or_default(integer_shape(1, INT32_MAX)), Required::no,
       "vm.max_map_count; system-wide, as are the next four",
       of_machine("max_map_count",
                  [](const Node& n, Machine& out) { out.max_map_count = decode_count(n); })},
      {"swappiness", or_default(integer_shape(0, 200)), Required::no, "vm.swappiness",
       of_machine("swappiness",
                  [](const Node& n, Machine& out) { out.swappiness = decode_count(n); })},
      {"thp", or_default(any_of_shape({word_shape(words_of<ThpMode>()), thp_table().shape()})),
       Required::no, "transparent huge pages: always, madvise or never",
       [](const Node& n, T& out, DecodeContext& c) {
         if (!is_default(n)) decode_thp(n, out, c);
       }},
      {"hugetlb", or_default(hugetlb_table().shape()), Required::no,
       "a pool of reserved huge pages",
       [](const Node& n, T& out, DecodeContext& c) {
         if (!is_default(n)) hugetlb_table().decode(n, out.machine_settings.hugetlb.emplace(), c);
       }},
      {"swap", or_default(swap_table().shape()), Required::no, "swap space made for the case",
       [](const Node& n, T& out, DecodeContext& c) {
         if (!is_default(n)) swap_table().decode(n, out.machine_settings.swap.emplace(), c);
       }},
      {"zswap", or_default(boolean_shape()), Required::no,
       "a compressed cache before the swap space; system-wide",
       of_machine("zswap", [](const Node& n, Machine& out) { out.zswap = is_true(n); })},
  };
}

std::vector<Field<Environment>> placement_fields() {
  using T = Environment;
  return {
      {"numa", or_default(numa_table().shape()), Required::no,
       "from which NUMA nodes the pages of the case come",
       [](const Node& n, T& out, DecodeContext& c) {
         if (!is_default(n)) decode_numa(n, out, c);
       }},
      {"cpus",
       or_default(any_of_shape(
           {list_shape(integer_shape(0, 8191), 1),
            rule_shape("a node such as node 0", "^node [0-9]{1,4}$", check_node_words)})),
       Required::no, "processors of the case: a list, or all of a NUMA node",
       setting<T>("cpus", decode_cpus)},
  };
}

}  // namespace memqual
