// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/load_machine.h"

#include "scenarios/load/files.h"
#include "scenarios/load/parse_yaml.h"
#include "scenarios/load/shape.h"
#include "scenarios/load/table.h"
#include "scenarios/model/bytes.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

/// A size that needs no host to be known.
ShapePtr literal_size() {
  const ShapePtr sizes = size_shape();
  return literal(rule_shape("a size such as 64 GiB", sizes->pattern,
                            [](const std::string& text) -> std::optional<Error> {
                              const Result<Size> size = parse_size(text);
                              if (!size) return size.error();
                              if (size->is_literal()) return std::nullopt;
                              return Error{in_quotes(text) + " depends on a host",
                                           "a machine is made from sizes such as 64 GiB"};
                            }));
}

ShapePtr plain(const ShapePtr& shape) { return literal(shape); }

std::uint64_t bytes_of(const Node& node) { return literal_bytes(decode_size(node)); }

std::uint32_t small_count(const Node& node) {
  return static_cast<std::uint32_t>(decode_count(node));
}

const Table<MachineNode>& node_table() {
  using T = MachineNode;
  static const Table<T> table{{
      {"memory", literal_size(), Required::no, "memory of the node; left out: none",
       [](const Node& n, T& out, DecodeContext&) { out.memory_bytes = bytes_of(n); }},
      {"cpus", plain(integer_shape(0, 64)), Required::no, "CPUs of the node; left out: none",
       [](const Node& n, T& out, DecodeContext&) { out.cpus = small_count(n); }},
      {"distances", list_shape(plain(integer_shape(10, 254)), 1), Required::no,
       "to every node, its own (10) included; left out: 20 to all others",
       [](const Node& n, T& out, DecodeContext&) {
         for (const NodePtr& item : n.items) out.distances.push_back(small_count(*item));
       }},
      {"huge_pages", plain(integer_shape(0, INT32_MAX)), Required::no,
       "pages of 2 MiB taken for hugetlb before the first case",
       [](const Node& n, T& out, DecodeContext&) { out.huge_pages = decode_count(n); }},
  }};
  return table;
}

void decode_nodes(const Node& node, Machine& out, DecodeContext& context) {
  for (const NodePtr& item : node.items)
    node_table().decode(*item, out.nodes.emplace_back(), context);
}

/// The only node of a machine that does not list nodes.
MachineNode& single_node(Machine& machine) {
  if (machine.nodes.empty()) machine.nodes.emplace_back().cpus = 1;
  return machine.nodes.front();
}

const Table<Machine>& machine_table() {
  using T = Machine;
  static const Table<T> table{{
      {"schema_version", plain(integer_shape(1, 1)), Required::always, "version of this format",
       nullptr},
      {"name", plain(name_shape()), Required::always, "as the file is called",
       [](const Node& n, T& out, DecodeContext&) { out.name = n.text; }},
      {"summary", plain(text_shape(200)), Required::always, "what kind of machine it stands for",
       [](const Node& n, T& out, DecodeContext&) { out.summary = n.text; }},
      {"memory", literal_size(), Required::no, "of a machine without NUMA nodes",
       [](const Node& n, T& out, DecodeContext&) { single_node(out).memory_bytes = bytes_of(n); }},
      {"cpus", plain(integer_shape(1, 64)), Required::no, "of a machine without NUMA nodes",
       [](const Node& n, T& out, DecodeContext&) { single_node(out).cpus = small_count(n); }},
      {"nodes", list_shape(node_table().shape(), 1), Required::no,
       "NUMA nodes; instead of memory and cpus", decode_nodes},
      {"swap", literal_size(), Required::no, "swap space on a disk of its own; left out: none",
       [](const Node& n, T& out, DecodeContext&) { out.swap_bytes = bytes_of(n); }},
      {"hotplug", literal_size(), Required::no,
       "memory that is plugged in and not online yet, in blocks of 128 MiB; left out: none",
       [](const Node& n, T& out, DecodeContext&) { out.hotplug_bytes = bytes_of(n); }},
      {"kernel", plain(name_shape()), Required::no,
       "debian-5.10, debian-6.1, debian-6.12 or host; left out: debian-6.1",
       [](const Node& n, T& out, DecodeContext&) { out.kernel = n.text; }},
      {"kernel_arguments", list_shape(plain(text_shape(200)), 1), Required::no,
       "added to the kernel's command line",
       [](const Node& n, T& out, DecodeContext&) {
         for (const NodePtr& item : n.items) out.kernel_arguments.push_back(item->text);
       }},
      {"five_level_paging", plain(boolean_shape()), Required::no,
       "true: the CPU has 57-bit virtual addresses",
       [](const Node& n, T& out, DecodeContext&) { out.five_level_paging = is_true(n); }},
      {"cgroup", plain(word_shape({"v2", "v1"})), Required::no,
       "which hierarchy has the memory controller; left out: v2",
       [](const Node& n, T& out, DecodeContext&) {
         out.cgroup = n.text == "v1" ? MachineCgroup::v1 : MachineCgroup::v2;
       }},
  }};
  return table;
}

ShapePtr machine_shape() {
  static const ShapePtr shape = [] {
    auto map = machine_table().shape();
    map->exactly_one = {{"memory", "nodes"}};
    return ShapePtr(std::move(map));
  }();
  return shape;
}

void check_together(const Node& root, const Machine& machine, const std::string& file,
                    Findings& findings) {
  if (root.find("nodes") != nullptr && root.find("cpus") != nullptr)
    findings.error(root.find("cpus")->mark, "cpus stands beside nodes; give each node its cpus");
  if (std::filesystem::path(file).stem() != machine.name)
    findings.error(root.find("name")->mark, "the machine is called " + in_quotes(machine.name) +
                                                " and its file is not; rename one of them");
  const Node* nodes = root.find("nodes");
  if (const Status status = check_machine(machine); !status)
    findings.error(nodes != nullptr ? nodes->mark : root.find("memory")->mark, status.error());
}

}  // namespace

LoadedMachine load_machine_text(const std::string& text, const std::string& file,
                                const LoadLimits& limits) {
  LoadedMachine loaded;
  Findings findings;
  const NodePtr root = parse_yaml(text, file, limits, findings);
  if (root) check(*machine_shape(), *root, "the machine", findings);
  if (root && findings.error_count() == 0) {
    DecodeContext context{findings, {}};
    machine_table().decode(*root, loaded.machine, context);
    check_together(*root, loaded.machine, file, findings);
  }
  loaded.errors = findings.errors();
  return loaded;
}

LoadedMachine load_machine(const std::filesystem::path& file) {
  const LoadLimits limits;
  const Result<std::string> text = read_scenario_file(file, limits);
  if (text) return load_machine_text(*text, file.string(), limits);
  return {{}, {Diagnostic{Origin{file.string(), 1, 1}, to_string(text.error())}}};
}

std::string machine_schema() {
  return write_schema(*machine_shape(), "urn:memqual:schema:machine-1",
                      "memqual lab machine, version 1");
}

}  // namespace memqual
