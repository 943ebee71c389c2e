// SPDX-License-Identifier: Apache-2.0
#include "harness/wire/program_codec.h"

#include <charconv>
#include <type_traits>

#include "harness/wire/line.h"
#include "scenarios/model/kernel_fields.h"

namespace memqual::wire {
namespace {

constexpr int kMaxForkNesting = 4;

// Lines of any length: the program travels in one block, not through the line-sized pipe writes.
class Writer {
 public:
  Writer& verb(std::string_view word) {
    if (!text_.empty()) text_ += '\n';
    text_ += word;
    return *this;
  }
  Writer& add(std::string_view key, std::string_view value) {
    text_ += ' ';
    text_ += key;
    text_ += '=';
    text_ += escape(value);
    return *this;
  }
  Writer& add(std::string_view key, std::uint64_t value) {
    return add(key, std::string_view(std::to_string(value)));
  }
  std::string take() { return std::move(text_) + '\n'; }

 private:
  std::string text_;
};

// Exact in text: the shortest decimal that reads back to the same double.
std::string to_text(double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return std::string(digits, end);
}

void write_steps(Writer& out, const std::vector<WorkloadStep>& steps);

void write_action(Writer& out, const Allocate& step) {
  out.verb("allocate").add("name", step.name).add("size", literal_bytes(step.size));
  out.add("count", step.count).add("using", to_word(step.using_));
  out.add("alignment", step.alignment_bytes).add("touched", std::uint64_t{step.touched});
}
void write_action(Writer& out, const Touch& step) {
  out.verb("touch").add("name", step.name).add("access", to_word(step.access));
  out.add("every", to_word(step.every)).add("fraction", to_text(step.fraction));
  out.add("pattern", step.pattern).add("threads", std::uint64_t{step.threads});
}
void write_action(Writer& out, const Verify& step) { out.verb("verify").add("name", step.name); }
void write_action(Writer& out, const Free& step) { out.verb("free").add("name", step.name); }
void write_action(Writer& out, const Protect& step) {
  out.verb("protect").add("name", step.name).add("access", to_word(step.access));
}
void write_action(Writer& out, const Advise& step) {
  out.verb("advise").add("name", step.name).add("advice", to_word(step.advice));
}
void write_action(Writer& out, const Lock& step) { out.verb("lock").add("name", step.name); }
void write_action(Writer& out, const Fork& step) {
  out.verb("fork").add("count", step.count);
  if (step.oom_score_adj) out.add("oom_score_adj", static_cast<std::uint64_t>(*step.oom_score_adj));
  write_steps(out, step.workload);
  out.verb("join");
}
void write_action(Writer& out, const Spawn& step) { out.verb("spawn").add("count", step.count); }
void write_action(Writer& out, const Command& step) {
  out.verb("command");
  for (const std::string& word : step.argv) out.add("arg", word);
}

void write_action(Writer& out, const FindLargest& step) {
  out.verb("find_largest").add("using", to_word(step.using_));
  if (step.up_to) out.add("up_to", literal_bytes(*step.up_to));
  if (step.block) out.add("block", literal_bytes(*step.block));
}

void write_action(Writer& out, const Bandwidth& step) {
  out.verb("bandwidth").add("size", literal_bytes(step.size));
  for (const BandwidthOperation operation : step.operations)
    out.add("operation", to_word(operation));
  for (const std::uint32_t threads : step.threads) out.add("threads", std::uint64_t{threads});
  out.add("rounds", std::uint64_t{step.rounds}).add("pages", to_word(step.pages));
  if (!step.cpus.empty()) out.add("cpus", list_of_cpus(step.cpus));
  if (step.memory_node) out.add("memory_node", std::uint64_t{*step.memory_node});
}

void write_action(Writer& out, const Kernel& step) {
  out.verb("kernel").add("budget", literal_bytes(step.budget));
  for (const auto& [key, value] : kernel_fields(step)) out.add(key, value);
}

std::string to_text(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (const std::uint32_t number : numbers)
    text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

void write_action(Writer& out, const Placement& step) {
  out.verb("placement").add("name", step.name).add("nodes", to_text(step.nodes));
  out.add("evenly", std::uint64_t{step.evenly});
}

void write_steps(Writer& out, const std::vector<WorkloadStep>& steps) {
  for (const WorkloadStep& step : steps)
    std::visit([&out](const auto& action) { write_action(out, action); }, step.action);
}

void write_setup(Writer& out, const ChildSetup& setup) {
  out.verb("setup").add("oom_score_adj", std::string_view(std::to_string(setup.oom_score_adj)));
  out.add("disable_aslr", std::uint64_t{setup.disable_aslr});
  out.add("fresh_image", std::uint64_t{setup.fresh_image});
  if (setup.uid) out.add("uid", std::uint64_t{*setup.uid});
  if (setup.gid) out.add("gid", std::uint64_t{*setup.gid});
  if (setup.numa_policy) out.add("numa_policy", to_word(*setup.numa_policy));
  if (!setup.numa_nodes.empty()) out.add("numa_nodes", to_text(setup.numa_nodes));
  if (!setup.cpus.empty()) out.add("cpus", to_text(setup.cpus));
  if (setup.namespace_root) out.add("namespace_root", std::uint64_t{1});
  if (!setup.scratch_dir.empty()) out.add("scratch_dir", setup.scratch_dir);
  if (setup.caches != CacheBytes{})
    out.verb("caches")
        .add("l1", setup.caches.l1)
        .add("l2", setup.caches.l2)
        .add("l3", setup.caches.l3);
  for (const std::string& cpus : setup.node_cpus) out.verb("node").add("cpus", cpus);
  for (const ResolvedRlimit& limit : setup.rlimits) {
    out.verb("rlimit").add("resource", to_word(limit.resource));
    out.add("unlimited", std::uint64_t{limit.unlimited}).add("value", limit.value);
    if (limit.beyond_own_use) out.add("beyond_own_use", std::uint64_t{1});
  }
  for (const auto& [name, value] : setup.variables)
    out.verb("variable").add("name", name).add("value", value);
}

// Reads lines into a program; the first error wins.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<ChildProgram> read() {
    ChildProgram program;
    if (!next() || line_.verb != "program" || line_.number("version") != kVersion)
      return fail("not a version " + std::to_string(kVersion) + " program");
    while (next()) {
      if (line_.verb == "end") return error_ ? Result<ChildProgram>(*error_) : program;
      if (line_.verb == "setup")
        read_setup(program.setup);
      else if (line_.verb == "rlimit")
        read_rlimit(program.setup);
      else if (line_.verb == "caches")
        program.setup.caches = {line_.number("l1"), line_.number("l2"), line_.number("l3")};
      else if (line_.verb == "node")
        program.setup.node_cpus.push_back(line_.text("cpus"));
      else if (line_.verb == "variable")
        program.setup.variables[line_.text("name")] = line_.text("value");
      else
        read_step(program.workload, 0);
      if (error_) return *error_;
    }
    return fail("the program has no end");
  }

 private:
  Error fail(std::string message) {
    if (!error_) error_ = Error{"reading the workload: " + std::move(message), ""};
    return *error_;
  }

  bool next() {
    if (error_ || text_.empty()) return false;
    const std::size_t newline = text_.find('\n');
    const std::string_view line = text_.substr(0, newline);
    text_ = newline == std::string_view::npos ? std::string_view() : text_.substr(newline + 1);
    Result<Line> parsed = parse_long_line(line);
    if (!parsed) {
      fail(parsed.error().message);
      return false;
    }
    line_ = *std::move(parsed);
    return true;
  }

  template <class E>
  E word(std::string_view key) {
    const std::optional<E> value = from_word<E>(line_.text(key));
    if (!value) fail("unknown " + std::string(key) + " '" + line_.text(key) + "'");
    return value.value_or(E{});
  }

  /// "0,2,5"; empty where the field is not there.
  std::vector<std::uint32_t> numbers(std::string_view key) {
    std::vector<std::uint32_t> list;
    const std::string text = line_.text(key);
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
      std::uint32_t number = 0;
      const auto [next, error] = std::from_chars(at, end, number);
      if (error != std::errc() || (next < end && *next != ',')) {
        fail(std::string(key) + " is no list of numbers");
        break;
      }
      list.push_back(number);
      at = next + 1;
    }
    return list;
  }

  void read_setup(ChildSetup& setup) {
    const std::string adj = line_.text("oom_score_adj");
    std::from_chars(adj.data(), adj.data() + adj.size(), setup.oom_score_adj);
    setup.disable_aslr = line_.number("disable_aslr") != 0;
    setup.fresh_image = line_.number("fresh_image") != 0;
    if (const auto uid = line_.maybe_number("uid")) setup.uid = static_cast<std::uint32_t>(*uid);
    if (const auto gid = line_.maybe_number("gid")) setup.gid = static_cast<std::uint32_t>(*gid);
    setup.scratch_dir = line_.text("scratch_dir");
    if (line_.find("numa_policy") != nullptr) setup.numa_policy = word<NumaPolicy>("numa_policy");
    setup.numa_nodes = numbers("numa_nodes");
    setup.cpus = numbers("cpus");
    setup.namespace_root = line_.number("namespace_root") != 0;
  }

  void read_rlimit(ChildSetup& setup) {
    setup.rlimits.push_back({word<RlimitResource>("resource"), line_.number("unlimited") != 0,
                             line_.number("value"), line_.number("beyond_own_use") != 0});
  }

  Allocate read_allocate() {
    Allocate step;
    step.name = line_.text("name");
    step.size = Size::of_bytes(line_.number("size"));
    step.count = line_.number("count");
    step.using_ = word<AllocateUsing>("using");
    step.alignment_bytes = line_.number("alignment");
    step.touched = line_.number("touched") != 0;
    return step;
  }

  Touch read_touch() {
    Touch step;
    step.name = line_.text("name");
    step.access = word<Access>("access");
    step.every = word<Stride>("every");
    const std::string fraction = line_.text("fraction");
    std::from_chars(fraction.data(), fraction.data() + fraction.size(), step.fraction);
    step.pattern = line_.number("pattern");
    step.threads = static_cast<std::uint32_t>(line_.number("threads"));
    return step;
  }

  Fork read_fork(int nesting) {
    Fork step;
    step.count = line_.number("count");
    if (!line_.text("oom_score_adj").empty())
      step.oom_score_adj = static_cast<int>(line_.number("oom_score_adj"));
    if (nesting >= kMaxForkNesting) fail("forks are nested too deep");
    while (next()) {
      if (line_.verb == "join") return step;
      read_step(step.workload, nesting + 1);
    }
    fail("a fork has no join");
    return step;
  }

  Command read_command() {
    Command step;
    for (const auto& [key, value] : line_.fields)
      if (key == "arg") step.argv.push_back(value);
    if (step.argv.empty()) fail("a command without a program");
    return step;
  }

  FindLargest read_find_largest() {
    FindLargest step;
    step.using_ = word<AllocateUsing>("using");
    const auto size = [this](std::string_view key) -> std::optional<Size> {
      if (line_.find(key) == nullptr) return std::nullopt;
      const std::optional<std::uint64_t> bytes = line_.maybe_number(key);
      if (!bytes || *bytes == 0) fail("find_largest " + std::string(key) + " is no size");
      return Size::of_bytes(bytes.value_or(0));
    };
    step.up_to = size("up_to");
    step.block = size("block");
    return step;
  }

  Bandwidth read_bandwidth() {
    Bandwidth step;
    step.size = Size::of_bytes(line_.number("size"));
    step.operations.clear();
    step.threads.clear();
    for (const auto& [key, value] : line_.fields) {
      if (key == "operation") {
        const auto operation = from_word<BandwidthOperation>(value);
        if (!operation) fail("unknown operation '" + value + "'");
        step.operations.push_back(operation.value_or(BandwidthOperation::read));
      } else if (key == "threads") {
        std::uint32_t threads = 0;
        std::from_chars(value.data(), value.data() + value.size(), threads);
        step.threads.push_back(threads);
      }
    }
    step.rounds = static_cast<std::uint32_t>(line_.number("rounds"));
    step.pages = word<PageChoice>("pages");
    step.cpus = cpus_of_list(line_.text("cpus"));
    if (const auto node = line_.maybe_number("memory_node"))
      step.memory_node = static_cast<std::uint32_t>(*node);
    return step;
  }

  Kernel read_kernel() {
    Result<Kernel> step = kernel_from_fields(line_.fields);
    if (!step) {
      fail(step.error().message);
      return {};
    }
    step->budget = Size::of_bytes(line_.number("budget"));
    return *std::move(step);
  }

  void read_step(std::vector<WorkloadStep>& steps, int nesting) {
    const std::string verb = line_.verb;
    WorkloadStep step;
    if (verb == "allocate")
      step.action = read_allocate();
    else if (verb == "touch")
      step.action = read_touch();
    else if (verb == "verify")
      step.action = Verify{line_.text("name")};
    else if (verb == "free")
      step.action = Free{line_.text("name")};
    else if (verb == "protect")
      step.action = Protect{line_.text("name"), word<Protection>("access")};
    else if (verb == "advise")
      step.action = Advise{line_.text("name"), word<Advice>("advice")};
    else if (verb == "lock")
      step.action = Lock{line_.text("name")};
    else if (verb == "fork")
      step.action = read_fork(nesting);
    else if (verb == "spawn")
      step.action = Spawn{line_.number("count")};
    else if (verb == "command")
      step.action = read_command();
    else if (verb == "find_largest")
      step.action = read_find_largest();
    else if (verb == "bandwidth")
      step.action = read_bandwidth();
    else if (verb == "kernel")
      step.action = read_kernel();
    else if (verb == "placement")
      step.action =
          Placement{line_.text("name"), numbers("nodes"), false, line_.number("evenly") != 0};
    else
      fail("unknown step '" + verb + "'");
    steps.push_back(std::move(step));
  }

  std::string_view text_;
  Line line_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> encode_program(const ChildProgram& program) {
  Writer out;
  out.verb("program").add("version", std::uint64_t{kVersion});
  write_setup(out, program.setup);
  write_steps(out, program.workload);
  out.verb("end");
  std::string text = out.take();
  if (text.size() > kMaxProgramBytes)
    return Error{"the workload is " + format_bytes(text.size()) +
                     " encoded, more than the limit of " + format_bytes(kMaxProgramBytes),
                 "use `count` instead of repeated steps, or split the scenario"};
  return text;
}

Result<ChildProgram> decode_program(std::string_view text) { return Reader(text).read(); }

}  // namespace memqual::wire
