// SPDX-License-Identifier: Apache-2.0
// What the codec has to know about the types of a record besides their fields: the name of each
// struct in the published schema, and the last value of each enumeration.
#pragma once

#include "scenarios/model/bandwidth_table.h"
#include "scenarios/model/load_line_table.h"
#include "scenarios/model/run_record.h"

namespace memqual::record {

template <class T>
struct DefinitionName;
template <>
struct DefinitionName<Origin> {
  static constexpr const char* value = "origin";
};
template <>
struct DefinitionName<Parameter> {
  static constexpr const char* value = "parameter";
};
template <>
struct DefinitionName<NumaNodeFacts> {
  static constexpr const char* value = "numa_node";
};
template <>
struct DefinitionName<HostFacts> {
  static constexpr const char* value = "host";
};
template <>
struct DefinitionName<Ending> {
  static constexpr const char* value = "ending";
};
template <>
struct DefinitionName<Probe> {
  static constexpr const char* value = "probe";
};
template <>
struct DefinitionName<Refusal> {
  static constexpr const char* value = "refusal";
};
template <>
struct DefinitionName<BandwidthFigure> {
  static constexpr const char* value = "bandwidth_figure";
};
template <>
struct DefinitionName<DeviceReport> {
  static constexpr const char* value = "device";
};
template <>
struct DefinitionName<KernelReport> {
  static constexpr const char* value = "kernel";
};
template <>
struct DefinitionName<MachineLimit> {
  static constexpr const char* value = "machine_limit";
};
template <>
struct DefinitionName<NodePages> {
  static constexpr const char* value = "node_pages";
};
template <>
struct DefinitionName<StepReport> {
  static constexpr const char* value = "step";
};
template <>
struct DefinitionName<TimelinePoint> {
  static constexpr const char* value = "timeline_point";
};
template <>
struct DefinitionName<Leak> {
  static constexpr const char* value = "leak";
};
template <>
struct DefinitionName<Observation> {
  static constexpr const char* value = "observation";
};
template <>
struct DefinitionName<Check> {
  static constexpr const char* value = "check";
};
template <>
struct DefinitionName<Verdict> {
  static constexpr const char* value = "verdict";
};
template <>
struct DefinitionName<Quantity> {
  static constexpr const char* value = "quantity";
};
template <>
struct DefinitionName<LoadLine> {
  static constexpr const char* value = "load_line";
};
template <>
struct DefinitionName<Prediction> {
  static constexpr const char* value = "prediction";
};
template <>
struct DefinitionName<Attribution> {
  static constexpr const char* value = "attribution";
};
template <>
struct DefinitionName<Attempt> {
  static constexpr const char* value = "attempt";
};
template <>
struct DefinitionName<CaseRecord> {
  static constexpr const char* value = "case";
};
template <>
struct DefinitionName<LoadLineMeasured> {
  static constexpr const char* value = "measured";
};
template <>
struct DefinitionName<LoadLineRow> {
  static constexpr const char* value = "row";
};
template <>
struct DefinitionName<LoadLineTable> {
  static constexpr const char* value = "load_lines";
};
template <>
struct DefinitionName<BandwidthRow> {
  static constexpr const char* value = "row";
};
template <>
struct DefinitionName<BandwidthTable> {
  static constexpr const char* value = "bandwidth";
};
template <>
struct DefinitionName<MachineRecord> {
  static constexpr const char* value = "machine";
};
template <>
struct DefinitionName<RunRecord> {
  static constexpr const char* value = "run";
};

template <class T>
concept Struct = requires {
  DefinitionName<T>::value;
};

template <class E>
struct LastOf;
template <>
struct LastOf<OutcomeKind> {
  static constexpr OutcomeKind value = OutcomeKind::misplaced;
};
template <>
struct LastOf<LimitingRule> {
  static constexpr LimitingRule value = LimitingRule::cgroup_high;
};
template <>
struct LastOf<RefusedCall> {
  static constexpr RefusedCall value = RefusedCall::fork;
};
template <>
struct LastOf<ProbeKind> {
  static constexpr ProbeKind value = ProbeKind::lock_on_fault;
};
template <>
struct LastOf<EvidenceKind> {
  static constexpr EvidenceKind value = EvidenceKind::kernel_log;
};
template <>
struct LastOf<RuleAgreement> {
  static constexpr RuleAgreement value = RuleAgreement::differs;
};
template <>
struct LastOf<LoadLineKind> {
  static constexpr LoadLineKind value = LoadLineKind::touched;
};
template <>
struct LastOf<BandwidthOperation> {
  static constexpr BandwidthOperation value = BandwidthOperation::huge_page_fault;
};
template <>
struct LastOf<StepState> {
  static constexpr StepState value = StepState::failed;
};
template <>
struct LastOf<CaseStatus> {
  static constexpr CaseStatus value = CaseStatus::not_run;
};

}  // namespace memqual::record
