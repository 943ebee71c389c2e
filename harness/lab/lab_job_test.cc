// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/lab_job.h"

#include <boost/test/unit_test.hpp>

namespace memqual {
namespace {

BOOST_AUTO_TEST_SUITE(lab_jobs)

BOOST_AUTO_TEST_CASE(a_job_comes_back_whole) {
  LabJob job;
  job.run_id = "run";
  job.sources.paths = {"/scenarios/a b.yaml"};
  job.sources.variables = {{"size", "1 GiB"}};
  job.sources.machines = {{"small", "debian-5.10"}, {"large", ""}};
  job.sources.question.emplace().blocks = {"64MiB", "3.5GB"};
  job.sources.question->touch = "read";
  job.swap = true;
  job.cgroup = MachineCgroup::v1;
  job.huge_pages = {0, 7};
  job.touch_budget_bytes = 1ull << 40;
  job.time_scale = 10;
  const Result<LabJob> back = decode_lab_job(encode_lab_job(job));
  BOOST_REQUIRE(back.ok());
  BOOST_TEST(encode_lab_job(*back) == encode_lab_job(job));
  BOOST_TEST(back->sources.paths == job.sources.paths);
  BOOST_TEST((back->sources.machines == job.sources.machines));
  BOOST_TEST(back->sources.question->blocks == job.sources.question->blocks);
  BOOST_TEST((back->cgroup == MachineCgroup::v1));
  BOOST_TEST(back->huge_pages == job.huge_pages);
  BOOST_TEST(back->touch_budget_bytes == job.touch_budget_bytes);
}

BOOST_AUTO_TEST_CASE(another_version_and_damage_are_errors) {
  LabJob job;
  job.protocol = 2;
  const Result<LabJob> other = decode_lab_job(encode_lab_job(job));
  BOOST_REQUIRE(!other.ok());
  BOOST_TEST(other.error().message.find("version 2") != std::string::npos);
  BOOST_TEST(!decode_lab_job("").ok());
  BOOST_TEST(!decode_lab_job("{\"protocol\":1}").ok());
  BOOST_TEST(!decode_lab_job("[]").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
