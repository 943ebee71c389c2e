// SPDX-License-Identifier: Apache-2.0
#include "reports/sink.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "reports/atomic_file.h"
#include "reports/render.h"
#include "scenarios/model/record_codec.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

struct Format {
  std::string name;
  std::string (*render)(const RunRecord&);
};

std::string render_plain_console(const RunRecord& record) { return render_console(record, {}); }

const Format kFormats[] = {
    {"console", render_plain_console},
    {"html", render_html},
    {"json", render_json},
    {"junit", render_junit},
};

const Format* find_format(const std::string& name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

class FileSink final : public Sink {
 public:
  FileSink(Format format, std::unique_ptr<AtomicFile> file)
      : format_(std::move(format)), file_(std::move(file)) {}
  void run_started(const RunRecord&, std::size_t) override {}
  void case_ended(const CaseRecord&, std::size_t, std::size_t) override {}
  Status run_ended(const RunRecord& record) override {
    return file_->commit(format_.render(record));
  }

 private:
  Format format_;
  std::unique_ptr<AtomicFile> file_;
};

class StdoutSink final : public Sink {
 public:
  explicit StdoutSink(Format format) : format_(std::move(format)) {}
  void run_started(const RunRecord&, std::size_t) override {}
  void case_ended(const CaseRecord&, std::size_t, std::size_t) override {}
  Status run_ended(const RunRecord& record) override {
    const std::string text = format_.render(record);
    errno = 0;
    const bool ok = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (ok && std::fflush(stdout) == 0) return done();
    return Error{"cannot write the " + format_.name + " report to standard output: " +
                     std::generic_category().message(errno != 0 ? errno : EIO),
                 "write it to a file: --report " + format_.name + "=PATH"};
  }

 private:
  Format format_;
};

Error unknown_format(const std::string& name, const std::vector<std::string>& formats) {
  return {"unknown report format " + in_quotes(name, 60) + did_you_mean(name, formats),
          "the formats are " + join_or(formats)};
}

}  // namespace

std::string render_json(const RunRecord& record) { return encode_run_record(record) + "\n"; }

std::vector<std::string> report_formats() {
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  return names;
}

Result<ReportRequest> parse_report_request(const std::string& text) {
  return parse_report_request(text, report_formats());
}

Result<ReportRequest> parse_report_request(const std::string& text,
                                           const std::vector<std::string>& formats) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return Error{"--report " + in_quotes(text, 100) + ": no '=' between format and path",
                 "write FORMAT=PATH, for instance " + formats.front() + "=PATH; the formats are " +
                     join_or(formats)};
  }
  ReportRequest request{text.substr(0, equals), text.substr(equals + 1)};
  if (std::find(formats.begin(), formats.end(), request.format) == formats.end())
    return unknown_format(request.format, formats);
  if (request.path.empty()) {
    return Error{"--report " + in_quotes(text, 100) + ": the path is empty",
                 "write a path after '=', or - for standard output"};
  }
  if (request.path.find('\0') != std::string::npos) {
    return Error{"--report " + in_quotes(text, 100) + ": a path cannot hold a NUL character",
                 "give another path"};
  }
  return request;
}

Result<std::unique_ptr<Sink>> make_report_sink(const ReportRequest& request) {
  const Format* format = find_format(request.format);
  return format ? make_report_sink(request, format->render)
                : unknown_format(request.format, report_formats());
}

Result<std::unique_ptr<Sink>> make_report_sink(const ReportRequest& request,
                                               std::string (*render)(const RunRecord&)) {
  Format format{request.format, render};
  if (request.path == "-")
    return std::unique_ptr<Sink>(std::make_unique<StdoutSink>(std::move(format)));
  Result<std::unique_ptr<AtomicFile>> file = open_atomic_file(request.path);
  if (!file) return file.error();
  return std::unique_ptr<Sink>(
      std::make_unique<FileSink>(std::move(format), std::move(file).value()));
}

}  // namespace memqual
