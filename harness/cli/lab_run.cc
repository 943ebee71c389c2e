// SPDX-License-Identifier: Apache-2.0
// Runs whose cases take place in guests.
#include <fmt/format.h>

#include "fixtures/file_system.h"
#include "harness/cli/commands.h"
#include "harness/cli/lab_places.h"
#include "harness/cli/terminal.h"
#include "harness/lab/guest_image.h"
#include "harness/lab/kernels.h"
#include "harness/lab/kvm_check.h"
#include "harness/lab/lab_executor.h"
#include "harness/lab/machine_library.h"
#include "harness/lab/place_on.h"
#include "harness/lab/shell_session.h"
#include "harness/run/run.h"
#include "harness/spawn/run_process.h"
#include "scenarios/model/bytes.h"

namespace memqual {

// What cases of a large guest may touch; a guest that is not larger may be used up.
constexpr std::uint64_t kTouchBytes = 1536 * kMiB;

void add_lab_places(LabOptions& options) {
  options.kernel_cache = default_kernel_cache();
  options.work_parent = default_work_parent();
  options.disk_bytes = room_for_disks(options.work_parent);
  options.disks_in_memory = is_in_memory(options.work_parent);
  options.touch_bytes = kTouchBytes;
}

namespace {

/// Words of the command line name machines too.
Status check_words(const std::vector<MachineWord>& words, const MachineLibrary& library) {
  for (const MachineWord& word : words)
    if (const auto machine = pick_machine(library, word); !machine)
      return Error{"--on lab:" + to_string(word) + ": " + machine.error().message,
                   machine.error().hint};
  return done();
}

/// All but sources and budget.
Result<LabOptions> lab_options(const RunArguments& arguments) {
  LabOptions options;
  if (Status fits = check_guest_architecture(); !fits) return fits.error();
  Result<std::vector<MachineWord>> words = parse_on(arguments.on);
  if (!words) return words.error();
  options.sources.machines = *std::move(words);
  const auto folder = find_machine_folder();
  if (!folder) return folder.error();
  Result<MachineLibrary> library = load_machines(*folder);
  if (!library) return library.error();
  options.library = *std::move(library);
  if (Status known = check_words(options.sources.machines, options.library); !known)
    return known.error();
  const auto qemu = find_program("qemu-system-x86_64");
  if (!qemu)
    return Error{"the lab needs QEMU: " + qemu.error().message, "apt-get install qemu-system-x86"};
  options.qemu = *qemu;
  const auto child = find_child_program();
  if (!child) return child.error();
  options.child = *child;
  add_lab_places(options);
  if (!arguments.kernel.empty()) {
    // With a '/', so that it is a path and no name.
    options.kernel = std::filesystem::absolute(arguments.kernel);
    const auto image = find_kernel(options.kernel.string(), options.kernel_cache);
    if (!image) return image.error();
  }
  options.tool_version = tool_version();
  return options;
}

// After everything that can go wrong at once: it may boot a guest to see whether KVM is of use.
Status choose_accelerator_for(const RunArguments& arguments, LabOptions& options) {
  const Result<Accelerator> chosen =
      choose_accelerator(arguments.accelerator, kvm_question(options));
  if (!chosen) return chosen.error();
  options.accelerator = *chosen;
  return done();
}

/// Plans and runs. The sinks are made only when it is known that something can run.
std::optional<RunRecord> run_in_lab(const std::vector<Case>& cases, LabOptions options,
                                    const RunArguments& arguments,
                                    const std::vector<std::string>& command_line,
                                    const std::vector<std::unique_ptr<Sink>>& sinks,
                                    int& exit_code) {
  std::optional<PreparedRun> prepared = prepare_host({}, arguments, command_line, exit_code);
  if (!prepared) return std::nullopt;
  options.memory_budget_bytes = prepared->memory_budget_bytes;
  options.run_id = prepared->record.run_id;
  if (Status chosen = choose_accelerator_for(arguments, options); !chosen) {
    exit_code = complain(chosen.error(), ExitCode::usage);
    return std::nullopt;
  }
  options.stop = install_stop_signals();
  const std::vector<PlannedCase> plan = make_lab_plan(cases, options);
  RunOptions run;
  run.workers = arguments.jobs;
  run.max_fail = arguments.max_fail;
  run.memory_budget_bytes = prepared->memory_budget_bytes;
  run.stop = options.stop;
  Result<std::unique_ptr<LabHost>> host = LabHost::make(std::move(options));
  if (!host) {
    exit_code = complain(host.error(), ExitCode::harness_error);
    return std::nullopt;
  }
  run.all_ended = [&](RunRecord& record) { record.machines = (*host)->machines(); };
  const ExecutorFactory factory = [&]() -> Result<std::unique_ptr<Executor>> {
    return make_lab_executor(**host);
  };
  RunRecord record = run_plan(plan, std::move(prepared->record), run, factory, sinks);
  exit_code = code_of_run(record, arguments);
  return record;
}

void print_dry_run(const std::vector<Case>& cases, const LabOptions& options) {
  for (const PlannedCase& planned : make_lab_plan(cases, options)) {
    const bool runs = !planned.not_run;
    fmt::print("{}  {:<12} {} on {}\n", planned.test_case.hash,
               runs ? "run" : to_word(planned.not_run->status), display_name(planned.test_case),
               planned.place.empty() ? "no machine" : planned.place);
    if (!runs) fmt::print("{:>10}{:<13}{}\n", "", "", planned.not_run->reason);
  }
}

}  // namespace

int lab_run_command(const Arguments& arguments, const std::vector<std::string>& command_line) {
  int exit_code = 0;
  Result<LabOptions> options = lab_options(arguments.run);
  if (!options) return complain(options.error(), ExitCode::usage);
  const std::optional<LoadedScenarios> loaded = load_all(arguments.run.scenarios, exit_code);
  if (!loaded) return exit_code;
  options->sources.paths = loaded->paths;
  options->sources.variables = arguments.run.scenarios.variables;
  options->files = loaded->files;
  for (const std::string& path : loaded->paths)
    if (path == "-")
      return complain(
          {"scenarios from standard input cannot go to the lab", "write them to a file"},
          ExitCode::usage);
  const auto cases = select_from(place_on(loaded->cases, options->sources.machines),
                                 arguments.run.scenarios.selection, exit_code);
  if (!cases) return exit_code;
  if (arguments.run.dry_run) {
    const auto prepared = prepare_host({}, arguments.run, command_line, exit_code);
    if (!prepared) return exit_code;
    options->memory_budget_bytes = prepared->memory_budget_bytes;
    print_dry_run(*cases, *options);
    return 0;
  }
  const Result<std::vector<std::unique_ptr<Sink>>> sinks = make_run_sinks(arguments);
  if (!sinks) return complain(sinks.error(), ExitCode::usage);
  run_in_lab(*cases, *std::move(options), arguments.run, command_line, *sinks, exit_code);
  return exit_code;
}

int lab_shell_command(const Arguments& arguments) {
  RunArguments run = arguments.run;
  run.on = "lab:" + arguments.lab.machine;
  run.dry_run = true;  // no lock: nothing of this host is changed
  Result<LabOptions> options = lab_options(run);
  if (!options) return complain(options.error(), ExitCode::usage);
  if (const auto busybox = find_program("busybox"); !busybox)
    return complain({"the guest's shell is this host's busybox: " + busybox.error().message,
                     "apt-get install busybox-static"},
                    ExitCode::usage);
  int exit_code = 0;
  const auto prepared = prepare_host({}, run, {}, exit_code);
  if (!prepared) return exit_code;
  options->memory_budget_bytes = prepared->memory_budget_bytes;
  if (const auto obstacle = obstacle_to(arguments.lab.machine, *options))
    return complain(*obstacle, ExitCode::usage);
  if (Status chosen = choose_accelerator_for(run, *options); !chosen)
    return complain(chosen.error(), ExitCode::usage);
  Result<std::unique_ptr<LabHost>> host = LabHost::make(*std::move(options));
  if (!host) return complain(host.error(), ExitCode::harness_error);
  const Result<GuestSpec> spec = (*host)->spec_for(arguments.lab.machine);
  if (!spec) return complain(spec.error(), ExitCode::usage);
  fmt::print("booting {}; `exit` powers it off\n", describe_machine(spec->machine));
  std::fflush(stdout);
  const Status ended = run_shell_session(*spec);
  return ended ? 0 : complain(ended.error(), ExitCode::harness_error);
}

std::optional<RunRecord> run_load_lines_in_lab(const Arguments& arguments,
                                               const std::vector<std::string>& command_line,
                                               int& exit_code) {
  Result<LabOptions> options = lab_options(arguments.run);
  if (!options) {
    exit_code = complain(options.error(), ExitCode::usage);
    return std::nullopt;
  }
  const Result<std::vector<Case>> lines = load_line_cases(arguments.loadline.question);
  if (!lines) {
    exit_code = complain(lines.error(), ExitCode::usage);
    return std::nullopt;
  }
  options->sources.question = arguments.loadline.question;
  const std::vector<Case> cases = place_on(*lines, options->sources.machines);
  return run_in_lab(cases, *std::move(options), arguments.run, command_line, {}, exit_code);
}

}  // namespace memqual
