// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/decode_processes.h"

namespace memqual {
namespace {

const Table<Fork>& fork_table() {
  using T = Fork;
  static const Table<T> table{{
      {"count", integer_shape(1, 1000000), Required::no, "processes, one after the other; 1",
       [](const Node& n, T& out, DecodeContext&) { out.count = decode_count(n); }},
      {"workload", named_shape("workload", [] { return workload_shape(); }), Required::whole,
       "steps of the new process, on its copy of the memory",
       [](const Node& n, T& out, DecodeContext& c) { decode_workload(n, out.workload, c); }},
      {"oom_score_adj", integer_shape(0, 1000), Required::no,
       "how gladly the OOM killer takes the new processes; as the case itself",
       [](const Node& n, T& out, DecodeContext&) {
         out.oom_score_adj = static_cast<int>(decode_count(n));
       }},
  }};
  return table;
}

const Table<Spawn>& spawn_table() {
  using T = Spawn;
  static const Table<T> table{{
      {"count", integer_shape(1, 1000000), Required::no, "processes, one after the other; 1",
       [](const Node& n, T& out, DecodeContext&) { out.count = decode_count(n); }},
  }};
  return table;
}

void decode_texts(const Node& node, std::vector<std::string>& out) {
  for (const NodePtr& item : node.items) out.push_back(item->text);
}

const Table<Command>& command_table() {
  using T = Command;
  static const Table<T> table{{
      {"argv", list_shape(text_shape(), 1), Required::whole, "the program and its arguments",
       [](const Node& n, T& out, DecodeContext&) { decode_texts(n, out.argv); }},
      {"refused_output", list_shape(text_shape(), 1), Required::no,
       "a failing program that prints one of these had an allocation refused",
       [](const Node& n, T& out, DecodeContext&) { decode_texts(n, out.refused_output); }},
      {"memory", size_shape(), Required::no, "memory that the program may touch, for the budget",
       [](const Node& n, T& out, DecodeContext&) { out.memory = decode_size(n); }},
  }};
  return table;
}

}  // namespace

ShapePtr fork_shape() { return fork_table().shape(); }
ShapePtr spawn_shape() { return spawn_table().shape(); }
ShapePtr command_shape() {
  return any_of_shape({list_shape(text_shape(), 1), command_table().shape()});
}

Fork decode_fork(const Node& node, DecodeContext& context) {
  Fork step;
  fork_table().decode(node, step, context);
  return step;
}

Spawn decode_spawn(const Node& node, DecodeContext& context) {
  Spawn step;
  spawn_table().decode(node, step, context);
  return step;
}

Command decode_command(const Node& node, DecodeContext& context) {
  Command step;
  if (node.is_list()) {
    decode_texts(node, step.argv);
  } else {
    command_table().decode(node, step, context);
  }
  const Node* argv = node.is_list() ? &node : node.find("argv");
  if (argv != nullptr && argv->is_list() && !step.argv.empty() && step.argv[0].empty()) {
    context.findings.error(argv->items[0]->mark, "the program's name is empty");
  }
  return step;
}

}  // namespace memqual
