// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "scenarios/load/glob.h"
#include "scenarios/model/bytes.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;

bool is_scenario_name(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

Error too_large(std::uint64_t limit, const std::string& has) {
  return Error{"the file has " + has + "; a scenario file may have " + format_bytes(limit) +
                   " (limit: file_bytes)",
               ""};
}

Result<std::string> read_stream(std::istream& stream, std::uint64_t limit) {
  std::string text;
  std::string chunk(65536, '\0');
  while (stream) {
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    text.append(chunk, 0, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > limit) return too_large(limit, "more than " + format_bytes(limit));
  }
  if (stream.bad()) return Error{"the file cannot be read", ""};
  return text;
}

/// Every path that the components of a pattern match, from `base` on.
void expand(const fs::path& base, const std::vector<std::string>& parts, std::size_t at,
            std::vector<fs::path>& out) {
  if (at == parts.size()) {
    std::error_code ignored;
    if (fs::exists(base, ignored)) out.push_back(base);
    return;
  }
  if (!has_glob(parts[at])) return expand(base / parts[at], parts, at + 1, out);
  std::error_code error;
  std::vector<std::string> names;
  const fs::path folder = base.empty() ? fs::path(".") : base;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name[0] != '.' && glob_match(parts[at], name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) expand(base / name, parts, at + 1, out);
}

}  // namespace

Result<std::string> read_scenario_file(const fs::path& path, const LoadLimits& limits) {
  if (path == "-") return read_stream(std::cin, limits.file_bytes);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error || !fs::exists(status)) {
    return Error{"the file cannot be read: " + (error ? error.message() : "no such file"),
                 "check the path"};
  }
  if (fs::is_directory(status)) return Error{"this is a folder, not a scenario file", ""};
  if (fs::is_regular_file(status)) {
    const std::uint64_t size = fs::file_size(path, error);
    if (!error && size > limits.file_bytes) return too_large(limits.file_bytes, format_bytes(size));
  }
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return Error{"the file cannot be read: " + std::string(std::strerror(errno)),
                 "check its permissions"};
  }
  return read_stream(stream, limits.file_bytes);
}

Result<std::vector<fs::path>> find_scenario_files(const fs::path& path) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return std::vector<fs::path>{path};
  std::vector<fs::path> files;
  fs::recursive_directory_iterator it(path, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const bool hidden = name[0] == '.' || name[0] == '_';
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      if (hidden) it.disable_recursion_pending();
    } else if (!hidden && is_scenario_name(it->path()) && !it->is_other(ignored)) {
      // A pipe would be waited for; who names one on the command line means it.
      files.push_back(it->path());
    }
  }
  if (error) {
    return Error{"folder cannot be read: " + error.message(), "check its permissions"};
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<fs::path>> find_includes(const std::string& pattern, const std::string& from) {
  const fs::path path(pattern);
  if (pattern.empty() || !is_scenario_name(path)) {
    return Error{"include takes .yaml and .yml files, not " + in_quotes(pattern, 60), ""};
  }
  const fs::path relative = path.is_absolute() ? path.relative_path() : path;
  const fs::path base = path.is_absolute() ? path.root_path() : fs::path(from).parent_path();
  std::vector<std::string> parts;
  for (const fs::path& part : relative) parts.push_back(part.string());
  std::vector<fs::path> found;
  expand(base, parts, 0, found);
  if (found.empty()) {
    return Error{"include " + in_quotes(pattern, 100) + " names no file",
                 "the path is relative to the folder of this file"};
  }
  for (const fs::path& file : found) {
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) {
      return Error{"include " + in_quotes(file.string(), 100) + " is not a plain file", ""};
    }
  }
  return found;
}

std::string file_identity(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(path, error);
  return error ? path.string() : canonical.string();
}

}  // namespace memqual
