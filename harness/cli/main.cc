// SPDX-License-Identifier: Apache-2.0
#include <exception>

#include "harness/cli/commands.h"

namespace memqual {
namespace {

int dispatch(const Arguments& arguments, const std::vector<std::string>& command_line) {
  switch (arguments.command) {
    case Arguments::Command::run:
      return run_command(arguments, command_line);
    case Arguments::Command::list:
      return list_command(arguments);
    case Arguments::Command::validate:
      return validate_command(arguments);
    case Arguments::Command::explain:
      return explain_command(arguments);
    case Arguments::Command::restore:
      return restore_command(arguments);
    case Arguments::Command::doctor:
      return doctor_command(arguments);
    case Arguments::Command::bandwidth:
      return bandwidth_command(arguments, command_line);
    case Arguments::Command::loadline:
      return loadline_command(arguments, command_line);
    case Arguments::Command::lab:
      return lab_command(arguments, command_line);
    case Arguments::Command::schema:
      return schema_command(arguments);
    case Arguments::Command::none:
      break;
  }
  return static_cast<int>(ExitCode::usage);
}

}  // namespace
}  // namespace memqual

int main(int argc, char** argv) {
  try {
    const memqual::ParseResult parsed = memqual::parse_command_line(argc, argv);
    if (!parsed.go_on) return parsed.exit_code;
    return memqual::dispatch(parsed.arguments, std::vector<std::string>(argv, argv + argc));
  } catch (const std::exception& error) {  // out of memory, or our own mistake
    return memqual::complain({std::string("internal error: ") + error.what(), ""},
                             memqual::ExitCode::harness_error);
  }
}
