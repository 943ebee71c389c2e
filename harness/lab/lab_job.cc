// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/lab_job.h"

#include <nlohmann/json.hpp>

namespace memqual {
namespace {

using Json = nlohmann::json;

struct Member {
  const char* name;
  std::vector<std::string> LoadLineQuestion::*list;
};
constexpr Member kQuestionLists[] = {
    {"using", &LoadLineQuestion::using_},        {"overcommit", &LoadLineQuestion::overcommit},
    {"rlimit_as", &LoadLineQuestion::rlimit_as}, {"rlimit_data", &LoadLineQuestion::rlimit_data},
    {"blocks", &LoadLineQuestion::blocks},       {"cgroups", &LoadLineQuestion::cgroups}};

Json question_json(const LoadLineQuestion& question) {
  Json json{{"touch", question.touch}};
  for (const Member& member : kQuestionLists) json[member.name] = question.*member.list;
  return json;
}

LoadLineQuestion question_of(const Json& json) {
  LoadLineQuestion question;
  json.at("touch").get_to(question.touch);
  for (const Member& member : kQuestionLists) json.at(member.name).get_to(question.*member.list);
  return question;
}

LabJob job_of(const Json& json) {
  LabJob job;
  json.at("run_id").get_to(job.run_id);
  json.at("paths").get_to(job.sources.paths);
  json.at("variables").get_to(job.sources.variables);
  if (json.contains("question")) job.sources.question = question_of(json.at("question"));
  for (const Json& word : json.at("machines"))
    job.sources.machines.push_back({word.at(0).get<std::string>(), word.at(1).get<std::string>()});
  json.at("swap").get_to(job.swap);
  job.cgroup = json.at("cgroup") == "v1" ? MachineCgroup::v1 : MachineCgroup::v2;
  json.at("huge_pages").get_to(job.huge_pages);
  json.at("touch_budget_bytes").get_to(job.touch_budget_bytes);
  json.at("time_scale").get_to(job.time_scale);
  return job;
}

}  // namespace

std::string encode_lab_job(const LabJob& job) {
  Json json{{"protocol", job.protocol},
            {"run_id", job.run_id},
            {"paths", job.sources.paths},
            {"variables", job.sources.variables},
            {"machines", Json::array()},
            {"swap", job.swap},
            {"cgroup", job.cgroup == MachineCgroup::v1 ? "v1" : "v2"},
            {"huge_pages", job.huge_pages},
            {"touch_budget_bytes", job.touch_budget_bytes},
            {"time_scale", job.time_scale}};
  for (const MachineWord& word : job.sources.machines)
    json["machines"].push_back({word.machine, word.kernel});
  if (job.sources.question) json["question"] = question_json(*job.sources.question);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<LabJob> decode_lab_job(std::string_view text) {
  try {
    const Json json = Json::parse(text.begin(), text.end());
    const int protocol = json.at("protocol").get<int>();
    if (protocol != kLabProtocol)
      return Error{"the guest's job is of version " + std::to_string(protocol) +
                       ", and its program reads " + std::to_string(kLabProtocol),
                   ""};
    return job_of(json);
  } catch (const Json::exception& problem) {
    return Error{std::string("cannot read the guest's job: ") + problem.what(), ""};
  }
}

}  // namespace memqual
