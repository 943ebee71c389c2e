// SPDX-License-Identifier: Apache-2.0
// The stored form of a run: one list of fields per struct, for the codec's writer, reader and
// schema. A field that is added to a list is stored, read and published; nothing else is to do.
// Names are part of the public interface: append only, bytes end in _bytes.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <variant>

#include "scenarios/model/bandwidth_table.h"
#include "scenarios/model/load_line_table.h"
#include "scenarios/model/run_record.h"

namespace memqual::record {

/// S is T or const T: one list serves the writer (const) and the reader.
template <class S, class T>
concept Is = std::same_as<std::remove_const_t<S>, T>;

/// Whether a record without the field is refused.
enum class Need { optional, required };

template <class V, Is<Origin> S>
void list_fields(V& field, S& s) {
  field("file", s.file, "scenario file");
  field("line", s.line, "from 1; 0 = unknown");
  field("column", s.column, "from 1; 0 = unknown");
}

template <class V, Is<Parameter> S>
void list_fields(V& field, S& s) {
  field("name", s.name, "matrix axis", Need::required);
  field("value", s.value, "value in this case, as text", Need::required);
}

template <class V, Is<NumaNodeFacts> S>
void list_fields(V& field, S& s) {
  field("id", s.id, "number of the node", Need::required);
  field("memory_bytes", s.memory_bytes, "memory of the node");
  field("free_bytes", s.free_bytes, "free memory of the node");
  field("cpus", s.cpus, "its processors, a list as 0-3,8; empty: none, or not known");
  field("distances", s.distances, "to every node, in the order of the list; 10 is itself");
}

template <class V, Is<HostFacts> S>
void list_fields(V& field, S& s) {
  for (const FactField& row : fact_table()) {
    const std::string name = row.unit == FactUnit::bytes ? row.name + "_bytes" : row.name;
    std::visit([&](auto member) { field(name.c_str(), s.*member, row.meaning.c_str()); },
               row.member);
  }
  field("rlimits", s.rlimits, "soft limits of the harness; a null value with a source = unlimited");
  field("numa_nodes", s.numa_nodes, "NUMA nodes");
  field("programs", s.programs, "programs that were asked for, and whether they are here");
  field("python_modules", s.python_modules, "the same for Python modules");
}

template <class V, Is<Ending> S>
void list_fields(V& field, S& s) {
  field("outcome", s.kind, "how the case ended", Need::required);
  field("number", s.number, "exited: status; signalled: signal; refused: errno");
  field("errno_name", s.errno_name, "refused: name of the errno");
  field("step", s.step, "index from 0 of the step that ended the case");
  field("evidence", s.evidence, "why the ending is called so");
}

template <class V, Is<Probe> S>
void list_fields(V& field, S& s) {
  field("asked", s.kind, "the question", Need::required);
  field("errno", s.error, "0 = granted");
  field("errno_name", s.error_name, "");
}

template <class V, Is<Refusal> S>
void list_fields(V& field, S& s) {
  field("call", s.call, "what was refused", Need::required);
  field("length_bytes", s.length_bytes, "of one request, as the kernel counts it");
  field("probes", s.probes, "asked at once, before anything was given back");
  field("vsz_bytes", s.vsz_bytes, "VmSize at that moment");
  field("data_bytes", s.data_bytes, "VmData");
  field("locked_bytes", s.locked_bytes, "VmLck");
  field("map_count", s.map_count, "mappings; counted only where the number may matter");
  field("rlimit_as_bytes", s.rlimit_as_bytes, "absent = unlimited");
  field("rlimit_data_bytes", s.rlimit_data_bytes, "absent = unlimited");
  field("rlimit_memlock_bytes", s.rlimit_memlock_bytes, "absent = unlimited");
  field("may_lock", s.may_lock, "CAP_IPC_LOCK");
}

template <class V, Is<BandwidthFigure> S>
void list_fields(V& field, S& s) {
  field("operation", s.operation, "", Need::required);
  field("threads", s.threads, "", Need::required);
  field("way", s.way, "the fastest of the ways that were tried");
  field("moved_bytes", s.moved_bytes, "read and written in one round", Need::required);
  field("rounds", s.rounds, "measured, beside one that warmed up");
  field("median_ns", s.median_ns, "of one round", Need::required);
  field("least_ns", s.least_ns, "");
  field("most_ns", s.most_ns, "");
  field("faults", s.faults, "of one round; faults only");
  field("first_ns", s.first_ns, "first touch, before memory was recycled; faults only");
  field("pinned_threads", s.pinned_threads, "that kept to a CPU of their own");
}

template <class V, Is<DeviceReport> S>
void list_fields(V& field, S& s) {
  field("name", s.name, "of the GPU", Need::required);
  field("total_bytes", s.total_bytes, "its memory");
  field("free_before_bytes", s.free_before_bytes, "before the step took any");
  field("free_after_bytes", s.free_after_bytes, "after it gave all back");
  field("peak_bytes", s.peak_bytes, "the most that was taken when it was looked at");
  field("block_bytes", s.block_bytes, "that the step asked for");
  field("copied_in_bytes", s.copied_in_bytes, "to the device, in one round");
  field("copied_out_bytes", s.copied_out_bytes, "from the device, in one round");
}

template <class V, Is<KernelReport> S>
void list_fields(V& field, S& s) {
  field("target", s.target, "instruction set of the kernels", Need::required);
  field("tile_rows", s.tile_rows, "");
  field("tile_cols", s.tile_cols, "");
  field("tile_bytes", s.tile_bytes, "one thread's tile with its halo");
  field("tile_reason", s.tile_reason, "what was chosen and why");
  field("tiles", s.tiles, "count");
  field("budget_bytes", s.budget_bytes, "for tiles, all threads together");
  field("threads", s.threads, "count");
  field("pinned_threads", s.pinned_threads, "of them on a CPU of their own");
  field("rounds", s.rounds, "count");
  field("bytes_read", s.bytes_read, "in one round, halos as often as they are read");
  field("bytes_written", s.bytes_written, "in one round");
  field("bytes_useful", s.bytes_useful, "in one round, each array once: what throughput is of");
  field("round_ns", s.round_ns, "duration of the median round");
  field("fastest_ns", s.fastest_ns, "duration of the fastest round");
  field("throughput", s.throughput, "useful bytes per second, median round");
  field("sum", s.sum, "of the result's elements, or of their squares");
  field("integer_sum", s.integer_sum, "integers: exact, modulo 2^64");
  field("least", s.least, "");
  field("most", s.most, "");
  field("checksum", s.checksum, "16 hexadecimal digits");
  field("verified", s.verified, "equal to the baseline target's result with another tile");
  field("device", s.device, "where it ran on a GPU: that device's memory");
}

template <class V, Is<NodePages> S>
void list_fields(V& field, S& s) {
  field("node", s.node, "number of the NUMA node", Need::required);
  field("pages", s.pages, "pages that lie on it", Need::required);
}

template <class V, Is<StepReport> S>
void list_fields(V& field, S& s) {
  field("kind", s.kind, "allocate, touch, ...", Need::required);
  field("name", s.name, "blocks, or the command line");
  field("label", s.label, "label of the scenario");
  field("state", s.state, "running = the case was killed inside this step", Need::required);
  field("errno", s.error, "0 = none");
  field("errno_name", s.error_name, "");
  field("requested_bytes", s.requested_bytes, "all blocks");
  field("granted_bytes", s.granted_bytes, "all blocks");
  field("requested_blocks", s.requested_blocks, "");
  field("granted_blocks", s.granted_blocks, "");
  field("touched_bytes", s.touched_bytes, "also of a step that was killed half-way");
  field("rss_bytes", s.rss_bytes, "resident set after the step");
  field("vsz_bytes", s.vsz_bytes, "address space after the step");
  field("elapsed_ns", s.elapsed_ns, "duration of the step");
  field("exit_status", s.exit_status, "of a command");
  field("term_signal", s.term_signal, "of a command");
  field("command_rss_peak_bytes", s.command_rss_peak_bytes, "highest resident set of a command");
  field("output", s.output, "last part of a command's output");
  field("detail", s.detail, "words of the child about this step");
  field("refusal", s.refusal, "what was refused, and what was asked about it");
  field("largest_bytes", s.largest_bytes, "find_largest: the most that was granted");
  field("largest_blocks", s.largest_blocks, "find_largest: blocks of that list");
  field("unit_bytes", s.unit_bytes, "find_largest: how exact that is");
  field("refused_bytes", s.refused_bytes, "find_largest: the least refused; 0 = nothing was");
  field("refused_errno_name", s.refused_errno_name, "find_largest: with which errno");
  field("bandwidth", s.bandwidth, "bandwidth: what each operation reached");
  field("kernel", s.kernel, "what a kernel step did");
  field("placed", s.placed, "placement: pages on each NUMA node");
  field("absent_pages", s.absent_pages, "placement: pages that are not resident");
}

template <class V, Is<TimelinePoint> S>
void list_fields(V& field, S& s) {
  field("at_us", s.at_us, "microseconds since the first step could start", Need::required);
  field("rss_bytes", s.rss_bytes, "resident set", Need::required);
}

template <class V, Is<Leak> S>
void list_fields(V& field, S& s) {
  field("pid", s.pid, "", Need::required);
  field("command", s.command, "");
}

template <class V, Is<MachineLimit> S>
void list_fields(V& field, S& s) {
  field("threads", s.threads, "of the kernel step that is held against it", Need::required);
  field("before", s.before, "measured right before the case, outside its settings");
  field("after", s.after, "and right after it");
  field("doubt", s.doubt, "why these figures are not to be believed; empty = nothing is wrong");
}

template <class V, Is<Observation> S>
void list_fields(V& field, S& s) {
  field("ending", s.ending, "how the case ended", Need::required);
  field("steps", s.steps, "one per step of the workload");
  field("rss_peak_bytes", s.rss_peak_bytes, "highest resident set");
  field("rss_end_bytes", s.rss_end_bytes, "resident set after the last step");
  field("rss_start_bytes", s.rss_start_bytes, "resident set before the first step");
  field("vsz_peak_bytes", s.vsz_peak_bytes, "highest address space");
  field("vsz_end_bytes", s.vsz_end_bytes, "address space after the last step");
  field("page_tables_bytes", s.page_tables_bytes, "page tables after the last step");
  field("swap_peak_bytes", s.swap_peak_bytes, "most memory swapped out");
  field("cgroup_peak_bytes", s.cgroup_peak_bytes, "highest charge of the case's control group");
  field("rusage_maxrss_bytes", s.rusage_maxrss_bytes, "wait4; may include the launcher's peak");
  field("minor_faults", s.minor_faults, "count");
  field("major_faults", s.major_faults, "count");
  field("wall_ns", s.wall_ns, "duration");
  field("user_ns", s.user_ns, "processor time in the program");
  field("system_ns", s.system_ns, "processor time in the kernel");
  field("oom_kills", s.oom_kills, "OOM kills counted by the case's control group");
  field("machine_limit", s.machine_limit, "what the machine's memory gave around the case");
  field("timeline", s.timeline, "resident set over time");
  field("leaks", s.leaks, "processes that were still alive when the case had ended");
  field("kernel_log", s.kernel_log, "kernel lines about this case");
  field("notes", s.notes, "what the reader of the evidence should know");
  field("committed_as_before_bytes", s.committed_as_before_bytes, "of the host");
  field("committed_as_after_bytes", s.committed_as_after_bytes, "of the host");
  field("mem_available_before_bytes", s.mem_available_before_bytes, "of the host");
  field("mem_available_after_bytes", s.mem_available_after_bytes, "of the host");
  field("commit_limit_bytes", s.commit_limit_bytes, "with the case's settings applied");
}

template <class V, Is<Check> S>
void list_fields(V& field, S& s) {
  field("what", s.what, "what was compared", Need::required);
  field("expected", s.expected, "");
  field("observed", s.observed, "");
  field("ok", s.ok, "whether they agree", Need::required);
}

template <class V, Is<Verdict> S>
void list_fields(V& field, S& s) {
  field("status", s.status, "", Need::required);
  field("reason", s.reason, "one sentence; empty for a plain PASS");
  field("hint", s.hint, "what would unlock or repair it");
  field("checks", s.checks, "the comparisons behind the verdict");
}

template <class V, Is<Quantity> S>
void list_fields(V& field, S& s) {
  field("name", s.name, "", Need::required);
  field("value", s.value, "bytes, or a count", Need::required);
  field("is_count", s.is_count, "");
  field("source", s.source, "where it was read");
}

template <class V, Is<LoadLine> S>
void list_fields(V& field, S& s) {
  field("step", s.step, "index from 0 of the find_largest step", Need::required);
  field("least_bytes", s.least_bytes, "so much is granted for certain", Need::required);
  field("most_bytes", s.most_bytes, "and not more than this", Need::required);
  field("unit_bytes", s.unit_bytes, "of both: a page, a byte, a block");
  field("rule", s.rule, "what limits");
  field("formula", s.formula, "in the names of the arithmetic");
  field("sentence", s.sentence, "why nothing larger");
  field("arithmetic", s.arithmetic, "the figures behind it");
  field("citation", s.citation, "kernel file, function and versions of the rule");
}

template <class V, Is<Prediction> S>
void list_fields(V& field, S& s) {
  field("allowed", s.allowed, "outcomes that the rules allow", Need::required);
  field("uncertain", s.uncertain, "inside a band that the rules do not resolve");
  field("step", s.step, "index from 0 of the step that ends the case");
  field("rule", s.rule, "what limits");
  field("rule_is_open", s.rule_is_open, "another rule, inside its band, may limit before it");
  field("sentence", s.sentence, "the prediction in words");
  field("arithmetic", s.arithmetic, "the figures behind it");
  field("not_modelled", s.not_modelled, "what the oracle left out");
  field("citation", s.citation, "kernel file, function and versions of the rule");
  field("load_lines", s.load_lines, "what find_largest steps will find");
  field("moved", s.moved, "facts that moved while the case ran, and that decide: inconclusive");
}

template <class V, Is<Attribution> S>
void list_fields(V& field, S& s) {
  field("rule", s.rule, "what refused, by the evidence; none = undecided", Need::required);
  field("evidence", s.evidence, "what shows it");
  field("sentence", s.sentence, "the cause in words");
  field("agreement", s.agreement, "with the rule that was predicted");
  field("predicted_rule", s.predicted_rule, "");
}

template <class V, Is<Attempt> S>
void list_fields(V& field, S& s) {
  field("prediction", s.prediction, "made before the run");
  field("verdict", s.verdict, "of this attempt", Need::required);
  field("observation", s.observation, "absent where the case did not run");
  field("attribution", s.attribution, "of a refusal: which rule it was, and what shows it");
}

template <class V, Is<CaseRecord> S>
void list_fields(V& field, S& s) {
  field("id", s.id, "readable name and hash; unique in a run", Need::required);
  field("hash", s.hash, "8 hex digits over what the case does; stable between machines and runs",
        Need::required);
  field("scenario", s.scenario, "name of the scenario", Need::required);
  field("summary", s.summary, "");
  field("source", s.source, "the text the claim was taken from");
  field("origin", s.origin, "where the scenario is written");
  field("tags", s.tags, "");
  field("parameters", s.parameters, "the cell of the matrix");
  field("settings", s.settings, "the effective environment, a line each");
  field("workload", s.workload, "the steps, a line each");
  field("machine", s.machine, "of the lab, a name in `machines`; absent = the host");
  field("expected", s.expected, "the expectation in words");
  field("repeat_command", s.repeat_command, "repeats this case alone");
  field("verdict", s.verdict, "over all attempts", Need::required);
  field("attempts", s.attempts, "one per execution");
}

template <class V, Is<LoadLineMeasured> S>
void list_fields(V& field, S& s) {
  field("bytes", s.bytes, "the most that was granted, or touched", Need::required);
  field("blocks", s.blocks, "of a list");
  field("unit_bytes", s.unit_bytes, "how exact it is: a page, a byte, a block");
  field("refused_bytes", s.refused_bytes, "the least that was refused; 0 = nothing was");
  field("refused_errno_name", s.refused_errno_name, "with which errno");
}

template <class V, Is<LoadLineRow> S>
void list_fields(V& field, S& s) {
  field("case_id", s.case_id, "the case that measured it", Need::required);
  field("kind", s.kind, "one request, a list of blocks, or touched memory", Need::required);
  field("settings", s.settings, "the effective environment, a line each; empty = the host's");
  field("asked", s.asked, "what was asked for, in words");
  field("status", s.status, "of the case", Need::required);
  field("reason", s.reason, "why it was not measured, or what is wrong");
  field("hint", s.hint, "what would unlock it");
  field("measured", s.measured, "absent where the case did not run");
  field("formula", s.formula, "what the kernel's rules say");
  field("difference_units", s.difference_units,
        "outside the formula's interval, in its units; negative: below; 0: inside");
  field("band_units", s.band_units, "width of the formula's interval; 0 = one value");
  field("machine", s.machine, "of the lab, see machines; absent = the host");
}

template <class V, Is<LoadLineTable> S>
void list_fields(V& field, S& s) {
  field("tool_version", s.tool_version, "version of memqual", Need::required);
  field("started_at", s.started_at, "RFC 3339 UTC", Need::required);
  field("command_line", s.command_line, "");
  field(
      "host", s.host,
      "what was measured, before the first case: the host, or the machine where there is just "
      "one; of several machines the host that booted them; a fact is absent where it is not known",
      Need::required);
  field("rows", s.rows, "a load line each", Need::required);
  field("machines", s.machines, "of the lab, each with its facts; empty where all ran on the host");
}

template <class V, Is<BandwidthRow> S>
void list_fields(V& field, S& s) {
  field("case_id", s.case_id, "the case that measured it", Need::required);
  field("cpu_node", s.cpu_node, "NUMA node whose CPUs the threads ran on; absent = any");
  field("memory_node", s.memory_node, "NUMA node whose memory was used; absent = any");
  field("status", s.status, "of the case", Need::required);
  field("reason", s.reason, "why it was not measured, or what is wrong");
  field("hint", s.hint, "what would unlock it");
  field("figures", s.figures, "one for each operation and number of threads");
  field("control_percent", s.control_percent,
        "copying with two threads, in percent of copying with one; about 190 where all is well");
  field("reliable", s.reliable, "figures of several threads may be believed");
}

template <class V, Is<BandwidthTable> S>
void list_fields(V& field, S& s) {
  field("tool_version", s.tool_version, "version of memqual", Need::required);
  field("started_at", s.started_at, "RFC 3339 UTC", Need::required);
  field("command_line", s.command_line, "");
  field("host", s.host, "the host before the measurement; a fact is absent where it is not known",
        Need::required);
  field("rows", s.rows, "a place that was measured each", Need::required);
}

template <class V, Is<MachineRecord> S>
void list_fields(V& field, S& s) {
  field("name", s.name, "as the cases call it", Need::required);
  field("boots", s.boots, "guests that came up");
  field("failed_boots", s.failed_boots, "guests that did not, before any case");
  field("boot_ms", s.boot_ms, "of the last one, to its first word about itself");
  field("accelerator", s.accelerator, "what ran its CPUs: tcg (emulated) or kvm");
  field("host", s.facts, "the last one before its first case", Need::required);
}

template <class V, Is<RunRecord> S>
void list_fields(V& field, S& s) {
  field("run_id", s.run_id, "UUIDv7", Need::required);
  field("tool_version", s.tool_version, "version of memqual", Need::required);
  field("started_at", s.started_at, "RFC 3339 UTC", Need::required);
  field("finished_at", s.finished_at, "RFC 3339 UTC");
  field("duration_ms", s.duration_ms, "");
  field("command_line", s.command_line, "");
  field("complete", s.complete, "false: the run was stopped", Need::required);
  field("exit_code", s.exit_code, "", Need::required);
  field("notes", s.notes, "settings restored, journal replayed, ...");
  field("host", s.host, "the host before the first case; a fact is absent where it is not known",
        Need::required);
  field("cases", s.cases, "", Need::required);
  field("machines", s.machines, "of the lab; the cases that name none of them ran on the host");
}

}  // namespace memqual::record
