// SPDX-License-Identifier: Apache-2.0
#include "harness/explain/what_if.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "scenarios/model/rlimit.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

// NumPy's names for elements, and their bytes.
const std::map<std::string, std::uint64_t>& element_types() {
  static const std::map<std::string, std::uint64_t> types{
      {"bool", 1},    {"int8", 1},      {"uint8", 1},       {"int16", 2},
      {"uint16", 2},  {"float16", 2},   {"int32", 4},       {"uint32", 4},
      {"float32", 4}, {"int64", 8},     {"uint64", 8},      {"float64", 8},
      {"double", 8},  {"complex64", 8}, {"complex128", 16}, {"longdouble", 16}};
  return types;
}

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Error too_large(std::string_view text) {
  return {in_quotes(text) + " is more than 2^63-1 bytes", "no process can have so much"};
}

// "210000x210000" -> elements. Nothing where it is no shape, or has more than 2^63-1 elements.
std::optional<std::uint64_t> elements_of(std::string_view shape) {
  constexpr std::uint64_t kMost = 0x7fffffffffffffffULL;
  std::uint64_t elements = 1;
  while (true) {
    const std::size_t cross = shape.find('x');
    const std::optional<std::uint64_t> extent = whole_number(shape.substr(0, cross));
    if (!extent || (*extent != 0 && elements > kMost / *extent)) return std::nullopt;
    elements *= *extent;
    if (cross == shape.npos) return elements;
    shape.remove_prefix(cross + 1);
  }
}

struct ArrayText {
  std::string_view shape;
  std::string type;
};

// A shape has only digits and crosses; "64 MiB" is told from "64 float64" by the second word.
std::optional<ArrayText> array_text(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == text.npos) return std::nullopt;
  const std::string_view shape = text.substr(0, blank);
  const std::string type(trimmed(text.substr(blank)));
  if (shape.find_first_not_of("0123456789x") != shape.npos) return std::nullopt;
  if (shape.find('x') == shape.npos && !element_types().contains(type)) return std::nullopt;
  return ArrayText{shape, type};
}

Result<AllocateUsing> using_of(const AllocationQuestion& question, bool is_array) {
  if (question.using_.empty()) return is_array ? AllocateUsing::calloc : AllocateUsing::malloc;
  if (question.using_ == "numpy") return AllocateUsing::calloc;
  if (const auto known = from_word<AllocateUsing>(question.using_)) return *known;
  std::vector<std::string> words = words_of<AllocateUsing>();
  words.emplace_back("numpy");
  return Error{"--using " + in_quotes(question.using_) + " is unknown" +
                   did_you_mean(question.using_, words),
               "use " + join_or(words)};
}

// numpy/_core/src/multiarray/alloc.c, since 1.18: MADV_HUGEPAGE where the array has 4 MiB or more.
std::string summary_of(const Size& size, bool is_array, bool is_numpy) {
  const std::uint64_t bytes = literal_bytes(size);
  std::string summary;
  if (is_array) summary = format_bytes(bytes) + " (" + std::to_string(bytes) + " B)";
  if (is_numpy && bytes >= 4 * kMiB)
    summary += ", as np.zeros: calloc; NumPy also advises huge pages, which is left out here";
  else if (is_numpy)
    summary += (summary.empty() ? "as np.zeros: calloc" : ", as np.zeros: calloc");
  return summary;
}

Result<std::uint64_t> number_of(std::string_view name, std::string_view value) {
  if (const auto number = whole_number(value)) return *number;
  return Error{"--set " + std::string(name) + ": " + in_quotes(value) + " is no whole number", ""};
}

Status set_mode(Environment& environment, std::string_view value) {
  if (const auto word = from_word<OvercommitMode>(value)) {
    environment.overcommit.memory = *word;
    return done();
  }
  const auto number = whole_number(value);
  if (!number || *number > 2)
    return Error{"--set vm.overcommit_memory: " + in_quotes(value) + " is no mode",
                 "use 0 (heuristic), 1 (always) or 2 (never)"};
  environment.overcommit.memory = static_cast<OvercommitMode>(*number);
  return done();
}

Status set_rlimit(Environment& environment, RlimitResource resource, std::string_view value) {
  const Result<RlimitSetting> setting = parse_rlimit(resource, value);
  if (!setting)
    return Error{"--set rlimit." + std::string(to_word(resource)) + ": " + setting.error().message,
                 setting.error().hint};
  auto& limits = environment.rlimits;
  std::erase_if(limits, [&](const RlimitSetting& limit) { return limit.resource == resource; });
  const auto place = std::find_if(limits.begin(), limits.end(), [&](const RlimitSetting& limit) {
    return limit.resource > resource;
  });
  limits.insert(place, *setting);
  return done();
}

Status set_size(std::optional<Size>& field, std::string_view name, std::string_view value) {
  const Result<Size> size = parse_size(value);
  if (!size)
    return Error{"--set " + std::string(name) + ": " + size.error().message, size.error().hint};
  field = *size;
  return done();
}

using Setter = Status (*)(Environment&, std::string_view);
const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> table{
      {"vm.overcommit_memory", set_mode},
      {"vm.overcommit_ratio",
       [](Environment& environment, std::string_view value) -> Status {
         const Result<std::uint64_t> number = number_of("vm.overcommit_ratio", value);
         if (!number) return number.error();
         environment.overcommit.ratio = *number;
         environment.overcommit.kbytes.reset();
         return done();
       }},
      {"vm.overcommit_kbytes",
       [](Environment& environment, std::string_view value) -> Status {
         const Result<std::uint64_t> number = number_of("vm.overcommit_kbytes", value);
         if (!number) return number.error();
         environment.overcommit.kbytes = *number;
         environment.overcommit.ratio.reset();
         return done();
       }},
      {"rlimit.address_space",
       [](Environment& environment, std::string_view value) {
         return set_rlimit(environment, RlimitResource::address_space, value);
       }},
      {"rlimit.data",
       [](Environment& environment, std::string_view value) {
         return set_rlimit(environment, RlimitResource::data, value);
       }},
      {"rlimit.memlock",
       [](Environment& environment, std::string_view value) {
         return set_rlimit(environment, RlimitResource::memlock, value);
       }},
      {"cgroup.memory_max",
       [](Environment& environment, std::string_view value) {
         return set_size(environment.cgroup.memory_max, "cgroup.memory_max", value);
       }},
      {"cgroup.swap_max", [](Environment& environment, std::string_view value) {
         return set_size(environment.cgroup.swap_max, "cgroup.swap_max", value);
       }}};
  return table;
}

}  // namespace

Result<Size> parse_allocation(std::string_view text) {
  text = trimmed(text);
  const std::optional<ArrayText> array = array_text(text);
  if (!array) return parse_size(text);
  const auto type = element_types().find(array->type);
  const std::vector<std::string> types = keys_of(element_types());
  if (type == element_types().end())
    return Error{in_quotes(array->type) + " is no element type" + did_you_mean(array->type, types),
                 "use " + join_or(types)};
  const std::size_t length = array->shape.size();
  if (array->shape.front() == 'x' || array->shape[length - 1] == 'x' ||
      array->shape.find("xx") != array->shape.npos)
    return Error{in_quotes(array->shape) + " is no shape", "write 210000x210000"};
  const std::optional<std::uint64_t> elements = elements_of(array->shape);
  if (!elements || *elements > 0x7fffffffffffffffULL / type->second) return too_large(text);
  if (*elements == 0) return Error{in_quotes(text) + " has no elements", ""};
  Size size = Size::of_bytes(*elements * type->second);
  size.text = std::string(text);
  return size;
}

Result<Case> case_of(const AllocationQuestion& question) {
  const bool is_array = array_text(trimmed(question.what)).has_value();
  const Result<Size> size = parse_allocation(question.what);
  if (!size)
    return Error{"--alloc " + in_quotes(question.what) + ": " + size.error().message,
                 size.error().hint};
  const Result<AllocateUsing> how = using_of(question, is_array);
  if (!how) return how.error();
  if (question.count == 0) return Error{"--count 0: there must be a block", ""};
  Allocate allocate;
  allocate.name = "a";
  allocate.size = *size;
  allocate.count = question.count;
  allocate.using_ = *how;
  Case test_case;
  test_case.scenario = "alloc";
  test_case.workload.push_back({allocate, ""});
  if (!question.touch.empty()) {
    Touch touch{"a"};
    const auto access = from_word<Access>(question.touch);
    if (!access)
      return Error{"--touch " + in_quotes(question.touch) + " is unknown", "use write or read"};
    touch.access = *access;
    test_case.workload.push_back({touch, ""});
  }
  const bool is_numpy = question.using_ == "numpy" || (question.using_.empty() && is_array);
  test_case.summary = summary_of(*size, is_array, is_numpy);
  test_case.id = "alloc " + question.what;
  return test_case;
}

Status apply_setting(Environment& environment, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos)
    return Error{"--set " + in_quotes(text) + ": no '='", "write --set vm.overcommit_memory=1"};
  std::string name(trimmed(text.substr(0, equals)));
  if (name.starts_with("overcommit_")) name = "vm." + name;
  const auto setter = setters().find(name);
  if (setter == setters().end()) {
    const std::vector<std::string> names = keys_of(setters());
    return Error{"--set " + in_quotes(name) + " is no setting" + did_you_mean(name, names),
                 "use " + join_or(names)};
  }
  return setter->second(environment, trimmed(text.substr(equals + 1)));
}

}  // namespace memqual
