// SPDX-License-Identifier: Apache-2.0
#include "reports/kernel_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "reports/bandwidth_words.h"
#include "reports/html_text.h"
#include "reports/summary.h"

namespace memqual {
namespace {

std::string moved_words(std::uint64_t bytes) {
  const double moved = static_cast<double>(bytes);
  return moved < 1e9 ? fmt::format("{:.0f} MB", moved / 1e6)
                     : fmt::format("{:.1f} GB", moved / 1e9);
}

std::string title_of(const StepReport& step) {
  return step.name + (step.label.empty() ? "" : " [" + step.label + "]");
}

std::string result_words(const KernelReport& report) {
  std::string text;
  if (report.integer_sum)
    text += fmt::format(", sum {}", *report.integer_sum);
  else if (report.sum)
    text += fmt::format(", sum {}", *report.sum);
  if (report.least && report.most)
    text += fmt::format(", from {} to {}", *report.least, *report.most);
  if (report.checksum) text += ", checksum " + *report.checksum;
  return text;
}

/// What the rate is of, and beside it what was moved where tiles overlap. Old records have no
/// useful bytes.
std::string bytes_words(const KernelReport& report) {
  const std::uint64_t moved = report.bytes_read + report.bytes_written;
  const std::uint64_t useful = report.bytes_useful == 0 ? moved : report.bytes_useful;
  if (moved <= useful + useful / 100) return moved_words(useful);
  return moved_words(useful) + " (with overlaps " + moved_words(moved) + ")";
}

std::string line_of(const StepReport& step) {
  const KernelReport& report = *step.kernel;
  std::string text = fmt::format("{}: {}, {} moved in {}", title_of(step),
                                 rate_words(static_cast<double>(report.throughput)),
                                 bytes_words(report), duration_words(report.round_ns));
  if (report.rounds > 1) text += fmt::format(" (median of {})", report.rounds);
  text += fmt::format(", {}, {} {}, budget {}, {}", tile_words(report), report.threads,
                      report.threads == 1 ? "thread" : "threads", format_bytes(report.budget_bytes),
                      report.target);
  text += result_words(report);
  return text + (report.verified ? ", verified" : "");
}

std::string parameters_of(const CaseRecord& record) {
  std::string text;
  for (const Parameter& parameter : record.parameters)
    text += (text.empty() ? "" : ",") + parameter.name + "=" + parameter.value;
  return clean_line(text, 120);
}

KernelWay way_of(const CaseRecord& record, const Observation& observation, const StepReport& step) {
  KernelWay way;
  way.record = &record;
  way.way = parameters_of(record);
  if (!step.kernel || step.state != StepState::ended) {
    way.ending = clean_line(outcome_words(record).what, 120);
    return way;
  }
  way.price = static_cast<double>(step.kernel->round_ns);
  way.time = duration_words(step.kernel->round_ns);
  way.rate = rate_words(static_cast<double>(step.kernel->throughput));
  way.resident = format_bytes(observation.rss_peak_bytes.value_or(0));
  way.tile = tile_words(*step.kernel);
  return way;
}

KernelJob& job_of(std::vector<KernelJob>& jobs, const CaseRecord& record, const StepReport& step) {
  for (KernelJob& job : jobs)
    if (job.scenario == record.scenario && job.label == step.label) return job;
  return jobs.emplace_back(KernelJob{record.scenario, step.label, {}});
}

/// Nanoseconds become multiples of the fastest. False where nothing is to be compared.
bool set_prices(KernelJob& job) {
  double fastest = 0;
  for (const KernelWay& way : job.ways)
    if (way.price > 0 && (fastest == 0 || way.price < fastest)) fastest = way.price;
  if (fastest == 0 || job.ways.size() < 2) return false;
  for (KernelWay& way : job.ways) way.price /= fastest;
  return true;
}

std::string price_words(const KernelWay& way) {
  return way.price > 0 ? fmt::format("{:.2f}x", way.price) : "-";
}

}  // namespace

std::string tile_words(const KernelReport& report) {
  const std::string shape = fmt::format("{}x{}", report.tile_rows, report.tile_cols);
  const std::string one = fmt::format("{} tiles of ", shape);
  // The iterator's own words begin with the shape, which stands here already.
  std::string_view why = report.tile_reason;
  if (why.starts_with(one)) why.remove_prefix(one.size());
  std::string text =
      fmt::format("{} {} of {}", report.tiles, report.tiles == 1 ? "tile" : "tiles", shape);
  if (!why.empty()) text += fmt::format(" ({})", why);
  return clean_line(text, 200);
}

std::vector<std::string> kernel_lines(const Observation& observation) {
  std::vector<std::string> lines;
  for (const StepReport& step : observation.steps)
    if (step.kernel) lines.push_back(clean_line(line_of(step), 500));
  return lines;
}

std::vector<KernelJob> kernel_jobs(const RunRecord& record) {
  std::vector<KernelJob> jobs;
  for (const CaseRecord& entry : record.cases) {
    const Observation* observation = last_observation(entry);
    if (observation == nullptr) continue;
    for (const StepReport& step : observation->steps)
      if (step.kind == "kernel" && !step.label.empty())
        job_of(jobs, entry, step).ways.push_back(way_of(entry, *observation, step));
  }
  std::erase_if(jobs, [](KernelJob& job) { return !set_prices(job); });
  return jobs;
}

std::vector<std::string> price_lines(const RunRecord& record) {
  std::vector<std::string> lines;
  for (const KernelJob& job : kernel_jobs(record)) {
    lines.push_back(clean_line(job.scenario + ", " + job.label, 120));
    std::size_t width = 0;
    for (const KernelWay& way : job.ways) width = std::max(width, way.way.size());
    for (const KernelWay& way : job.ways)
      lines.push_back(way.ending.empty()
                          ? fmt::format("  {:<{}}  {:>7}  {:>8}  {:>9}  {} resident", way.way,
                                        width, price_words(way), way.time, way.rate, way.resident)
                          : fmt::format("  {:<{}}  {}", way.way, width, way.ending));
  }
  return lines;
}

std::string html_prices(const RunRecord& record) {
  std::string text;
  const Anchors anchors = anchors_of(record.cases);
  for (const KernelJob& job : kernel_jobs(record)) {
    text += fmt::format(
        "<div class=\"scroll\"><table><caption>{}, {}</caption><thead><tr>"
        "<th scope=\"col\">Way</th><th scope=\"col\" class=\"num\">Time, of the fastest</th>"
        "<th scope=\"col\" class=\"num\">Median round</th><th scope=\"col\" "
        "class=\"num\">Moved</th>"
        "<th scope=\"col\" class=\"num\">Peak resident</th><th "
        "scope=\"col\">Tiles</th></tr></thead>"
        "<tbody>\n",
        html(job.scenario, 120), html(job.label, 120));
    for (const KernelWay& way : job.ways) {
      text += fmt::format("<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>",
                          anchors.at(way.record), html(way.way, 200));
      if (way.ending.empty())
        text += fmt::format(
            "<td class=\"num\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>"
            "<td class=\"num\">{}</td><td class=\"muted\">{}</td></tr>\n",
            price_words(way), html(way.time), html(way.rate), html(way.resident), html(way.tile));
      else
        text += fmt::format("<td colspan=\"5\"><span class=\"outcome {}\">{}</span></td></tr>\n",
                            outcome_class(*way.record), html(way.ending));
    }
    text += "</tbody></table></div>\n";
  }
  if (text.empty()) return text;
  return "<section><h2>What each way costs</h2>\n<p class=\"legend\">The same job, by kernel steps "
         "with the same label: whole, in chunks, in less memory. 1.00x is the fastest.</p>\n" +
         text + "</section>\n";
}

}  // namespace memqual
