// SPDX-License-Identifier: Apache-2.0
// The keys of `environment`. `default` and null leave a setting as the host has it.
#include <algorithm>

#include "scenarios/load/decode_machine.h"
#include "scenarios/load/setting.h"
#include "scenarios/load/table.h"
#include "scenarios/model/machine.h"
#include "scenarios/model/rlimit.h"

namespace memqual {
namespace {

constexpr std::int64_t kMaxInteger = INT64_MAX;

const Table<OvercommitSettings>& overcommit_table() {
  using T = OvercommitSettings;
  static const Table<T> table{{
      {"memory", or_default(word_shape(words_of<OvercommitMode>())), Required::no,
       "vm.overcommit_memory: heuristic (0), always (1) or never (2)",
       setting<T>("overcommit.memory",
                  [](const Node& n, T& out) { out.memory = from_word<OvercommitMode>(n.text); })},
      {"ratio", or_default(integer_shape(0, INT32_MAX)), Required::no,
       "vm.overcommit_ratio, percent of memory that mode never may commit; excludes kbytes",
       setting<T>("overcommit.ratio", [](const Node& n, T& out) { out.ratio = decode_count(n); })},
      {"kbytes", or_default(integer_shape(0, kMaxInteger / 1024)), Required::no,
       "vm.overcommit_kbytes, kibibytes that mode never may commit; excludes ratio",
       setting<T>("overcommit.kbytes",
                  [](const Node& n, T& out) { out.kbytes = decode_count(n); })},
  }};
  return table;
}

ShapePtr unlimited_or(const ShapePtr& shape) {
  return or_default(any_of_shape({word_shape({"unlimited"}), shape}));
}

Field<Environment> rlimit_field(RlimitResource resource, const std::string& doc) {
  const bool is_count_limit =
      resource == RlimitResource::nproc || resource == RlimitResource::nofile;
  const std::string word(to_word(resource));
  const ShapePtr shape = unlimited_or(is_count_limit            ? integer_shape(0, kMaxInteger)
                                      : takes_own_use(resource) ? limit_shape(resource)
                                                                : size_shape());
  return {word, shape, Required::no, doc,
          setting<Environment>("rlimit." + word,
                               [resource, is_count_limit](const Node& n, Environment& out) {
                                 RlimitSetting count;
                                 count.resource = resource;
                                 count.value = Size::of_bytes(decode_count(n));
                                 const bool counts = is_count_limit && n.text != "unlimited";
                                 const Result<RlimitSetting> limit = parse_rlimit(resource, n.text);
                                 out.rlimits.push_back(counts || !limit ? count : *limit);
                               })};
}

const Table<Environment>& rlimit_table() {
  static const Table<Environment> table{{
      rlimit_field(RlimitResource::address_space,
                   "RLIMIT_AS: address space, a size, own_use + a size, or unlimited"),
      rlimit_field(RlimitResource::data, "RLIMIT_DATA: private writable memory; as address_space"),
      rlimit_field(RlimitResource::stack, "RLIMIT_STACK"),
      rlimit_field(RlimitResource::memlock, "RLIMIT_MEMLOCK: locked memory"),
      rlimit_field(RlimitResource::core, "RLIMIT_CORE: core file; \"0 B\" for none"),
      rlimit_field(RlimitResource::nproc, "RLIMIT_NPROC: processes of the user, a count"),
      rlimit_field(RlimitResource::nofile, "RLIMIT_NOFILE: open files, a count"),
  }};
  return table;
}

const Table<CgroupSettings>& cgroup_table() {
  using T = CgroupSettings;
  static const Table<T> table{{
      {"memory_max", or_default(size_shape()), Required::no,
       "memory.max (v1: memory.limit_in_bytes): beyond it the OOM killer comes",
       setting<T>("cgroup.memory_max",
                  [](const Node& n, T& out) { out.memory_max = decode_size(n); })},
      {"memory_high", or_default(size_shape()), Required::no,
       "memory.high: beyond it the kernel reclaims and slows down; v2 only",
       setting<T>("cgroup.memory_high",
                  [](const Node& n, T& out) { out.memory_high = decode_size(n); })},
      {"swap_max", or_default(size_shape()), Required::no,
       "memory.swap.max; \"0 B\" for no swap (v1: memsw limit minus memory limit)",
       setting<T>("cgroup.swap_max", [](const Node& n, T& out) { out.swap_max = decode_size(n); })},
      {"oom_group", or_default(boolean_shape()), Required::no,
       "memory.oom.group: an OOM kill takes the whole group; v2 only",
       setting<T>("cgroup.oom_group", [](const Node& n, T& out) { out.oom_group = is_true(n); })},
      {"cpuset_mems", or_default(nodes_shape()), Required::no,
       "cpuset.mems: the NUMA nodes that the group may use",
       setting<T>("cgroup.cpuset_mems",
                  [](const Node& n, T& out) { out.cpuset_mems = decode_nodes(n); })},
  }};
  return table;
}

void decode_variables(const Node& node, Environment& out, DecodeContext& context) {
  for (const Entry& entry : node.entries) {
    if (is_default(*entry.value)) continue;
    out.variables[entry.key] = entry.value->text;
    if (context.origins != nullptr) {
      context.origins->emplace_back("environment.env." + entry.key, to_origin(entry.value->mark));
    }
  }
}

ShapePtr machine_word_shape() {
  return rule_shape("a machine of the lab such as laptop-12g or laptop-12g@debian-5.10",
                    "^[A-Za-z0-9_][A-Za-z0-9_.-]*(@[A-Za-z0-9_][A-Za-z0-9_.-]*)?$",
                    [](const std::string& text) -> std::optional<Error> {
                      const Result<MachineWord> word = parse_machine_word(text);
                      return word ? std::nullopt : std::optional<Error>(word.error());
                    });
}

const Table<Environment>& user_table() {
  using T = Environment;
  static const Table<T> table{{
      {"name", name_shape(64), Required::no, "the user outside; the one of memqual itself",
       setting<T>("user", [](const Node& n, T& out) { out.user = n.text; })},
      {"namespace", word_shape({"root"}), Required::whole,
       "root of a user namespace of its own, as in a rootless container",
       setting<T>("user.namespace", [](const Node&, T& out) { out.namespace_root = true; })},
  }};
  return table;
}

void decode_user(const Node& node, Environment& out, DecodeContext& context) {
  if (!node.is_scalar()) return user_table().decode(node, out, context);
  setting<Environment>("user", [](const Node& n, Environment& to) { to.user = n.text; })(node, out,
                                                                                         context);
}

Table<Environment> make_environment_table() {
  using T = Environment;
  const auto later = [](std::shared_ptr<Shape> shape, std::vector<std::string> keys) {
    shape->later = std::move(keys);
    return ShapePtr(std::move(shape));
  };
  Table<T> table{{
      {"overcommit", overcommit_table().shape(), Required::no,
       "vm.overcommit_*: system-wide, needs --allow-system-changes",
       [](const Node& n, T& out, DecodeContext& c) {
         overcommit_table().decode(n, out.overcommit, c);
         if (out.overcommit.ratio && out.overcommit.kbytes) {
           c.findings.error(
               n.find("kbytes")->mark,
               "kbytes and ratio exclude each other: the kernel sets one to 0 when the "
               "other is written; keep one of them");
         }
       }},
      {"rlimit", rlimit_table().shape(), Required::no, "resource limits of the case, soft and hard",
       [](const Node& n, T& out, DecodeContext& c) { rlimit_table().decode(n, out, c); }},
      {"cgroup", later(cgroup_table().shape(), {"pids_max"}), Required::no,
       "limits of a control group made for the case",
       [](const Node& n, T& out, DecodeContext& c) { cgroup_table().decode(n, out.cgroup, c); }},
      {"oom_score_adj", or_default(integer_shape(-1000, 1000)), Required::no,
       "-1000 to 1000; 1000 (first to be killed) where unsaid",
       setting<T>("oom_score_adj",
                  [](const Node& n, T& out) {
                    std::int64_t value = 0;
                    read_integer(n, value);
                    out.oom_score_adj = static_cast<int>(value);
                  })},
      {"aslr", or_default(boolean_shape()), Required::no,
       "false: address space layout is not randomised",
       setting<T>("aslr", [](const Node& n, T& out) { out.aslr = is_true(n); })},
      {"user", or_default(any_of_shape({name_shape(64), user_table().shape()})), Required::no,
       "run as this user; unprivileged picks one without rights",
       [](const Node& n, T& out, DecodeContext& c) {
         if (!is_default(n)) decode_user(n, out, c);
       }},
      {"machine", or_default(machine_word_shape()), Required::no,
       "run in a guest of the lab: a machine of `memqual lab list`, or MACHINE@KERNEL",
       setting<T>("machine", [](const Node& n, T& out) { out.machine = n.text; })},
      {"env", free_map_shape(or_default(text_shape()), "environment variable"), Required::no,
       "environment variables of the case; default or null leaves one as it is", decode_variables},
  }};
  for (auto part : {machine_setting_fields(), placement_fields()})
    table.fields.insert(table.fields.end(), part.begin(), part.end());
  return table;
}

const Table<Environment>& environment_table() {
  static const Table<Environment> table = make_environment_table();
  return table;
}

}  // namespace

ShapePtr environment_shape() {
  static const ShapePtr shape = named_shape("environment", [] {
    auto map = environment_table().shape();
    map->later = {"allocator"};
    return ShapePtr(std::move(map));
  });
  return shape;
}

void decode_environment(const Node& node, Environment& out, DecodeContext& context) {
  environment_table().decode(node, out, context);
}

}  // namespace memqual
