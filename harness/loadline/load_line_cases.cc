// SPDX-License-Identifier: Apache-2.0
#include "harness/loadline/load_line_cases.h"

#include <optional>
#include <set>

#include "scenarios/model/rlimit.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

using Words = std::vector<std::string>;

// What one option adds to a case: "" adds nothing.
using Apply = Status (*)(Case&, const std::string&);
struct Dimension {
  const char* parameter;
  Words words;
  Apply apply;
};

FindLargest& search_of(Case& test_case) {
  return std::get<FindLargest>(test_case.workload.front().action);
}

Error in_option(const char* option, const std::string& word, const Error& error) {
  return {std::string(option) + " " + in_quotes(word) + ": " + error.message, error.hint};
}

Status set_using(Case& test_case, const std::string& word) {
  const auto using_ = from_word<AllocateUsing>(word);
  Words words = words_of<AllocateUsing>();
  std::erase(words, std::string(to_word(AllocateUsing::file)));
  if (!using_ || *using_ == AllocateUsing::file)
    return Error{"--using " + in_quotes(word) + " is unknown" + did_you_mean(word, words),
                 "use " + join_or(words)};
  search_of(test_case).using_ = *using_;
  return done();
}

Status set_mode(Case& test_case, const std::string& word) {
  if (word == "host") return done();
  const auto mode = from_word<OvercommitMode>(word);
  Words words = words_of<OvercommitMode>();
  words.emplace_back("host");
  if (!mode)
    return Error{"--overcommit " + in_quotes(word) + " is unknown" + did_you_mean(word, words),
                 "use " + join_or(words)};
  test_case.environment.overcommit.memory = *mode;
  return done();
}

Status set_rlimit(Case& test_case, RlimitResource resource, const char* option,
                  const std::string& word) {
  const Result<RlimitSetting> limit = parse_rlimit(resource, word);
  if (!limit) return in_option(option, word, limit.error());
  test_case.environment.rlimits.push_back(*limit);
  return done();
}
Status set_rlimit_as(Case& test_case, const std::string& word) {
  return set_rlimit(test_case, RlimitResource::address_space, "--rlimit-as", word);
}
Status set_rlimit_data(Case& test_case, const std::string& word) {
  return set_rlimit(test_case, RlimitResource::data, "--rlimit-data", word);
}

Result<Size> positive_size(const char* option, const std::string& word) {
  Result<Size> size = parse_size(word);
  if (!size) return in_option(option, word, size.error());
  if (size->is_literal() && literal_bytes(*size) == 0)
    return Error{std::string(option) + " " + in_quotes(word) + " is nothing", "write 64MiB"};
  return size;
}

Status set_block(Case& test_case, const std::string& word) {
  const Result<Size> size = positive_size("--block", word);
  if (!size) return size.error();
  search_of(test_case).block = *size;
  return done();
}

// Every value of every dimension with every other, the last one changing first.
Result<std::vector<Case>> crossed(const Case& start, const std::vector<Dimension>& dimensions) {
  std::vector<Case> cases{start};
  for (const Dimension& dimension : dimensions) {
    std::vector<Case> more;
    for (const Case& so_far : cases)
      for (const std::string& word : dimension.words) {
        Case next = so_far;
        if (!word.empty()) {
          if (Status status = dimension.apply(next, word); !status) return status.error();
          next.parameters.push_back({dimension.parameter, word});
        }
        more.push_back(std::move(next));
      }
    cases = std::move(more);
  }
  return cases;
}

Words or_else(const Words& words, const Words& otherwise) {
  return words.empty() ? otherwise : words;
}

Case as_predicted(const char* name, const char* summary) {
  Case test_case;
  test_case.scenario = name;
  test_case.summary = summary;
  test_case.expect.rules.push_back({std::nullopt, {}, true});
  return test_case;
}

// More than the group can hold, whatever its size turns out to be.
Result<Size> times(const Size& size, std::int64_t factor, const std::string& text) {
  constexpr std::int64_t kMost = INT64_MAX;
  Size product = size;
  for (SizeTerm& term : product.terms) {
    if (term.numerator > kMost / factor)
      return Error{"--cgroup " + in_quotes(text) + " is too large", ""};
    term.numerator *= factor;
  }
  product.text = std::to_string(factor) + " x " + text;
  return product;
}

// Reading costs page tables only, 8 bytes for each page, of address space that nothing is promised
// for.
Result<Case> touched_case(const std::string& limit, Access access) {
  Case test_case =
      as_predicted("load_line_touched", "How much is touched within a memory cgroup before a kill");
  const Result<Size> size = positive_size("--cgroup", limit);
  if (!size) return size.error();
  test_case.environment.cgroup.memory_max = *size;
  test_case.environment.cgroup.swap_max = Size::of_bytes(0);
  const bool reads = access == Access::read;
  const Result<Size> more = times(*size, reads ? 1024 : 2, limit);
  if (!more) return more.error();
  Allocate allocate;
  allocate.name = "a";
  allocate.size = *more;
  allocate.using_ = reads ? AllocateUsing::mmap_noreserve : AllocateUsing::mmap;
  Touch touch{"a"};
  touch.access = access;
  test_case.workload = {{allocate, ""}, {touch, ""}};
  test_case.parameters = {{"cgroup", limit}, {"touch", std::string(to_word(access))}};
  return test_case;
}

}  // namespace

Result<std::vector<Case>> load_line_cases(const LoadLineQuestion& question) {
  Case start = as_predicted("load_line", "The largest that is granted, untouched");
  start.workload = {{FindLargest{}, ""}};
  Words blocks{""};
  blocks.insert(blocks.end(), question.blocks.begin(), question.blocks.end());
  Result<std::vector<Case>> cases = crossed(
      start, {{"overcommit", or_else(question.overcommit, words_of<OvercommitMode>()), set_mode},
              {"rlimit_as", or_else(question.rlimit_as, {""}), set_rlimit_as},
              {"rlimit_data", or_else(question.rlimit_data, {""}), set_rlimit_data},
              {"using", or_else(question.using_, {"mmap", "malloc", "mmap_noreserve"}), set_using},
              {"block", blocks, set_block}});
  if (!cases) return cases;
  const auto access = from_word<Access>(question.touch);
  if (!access)
    return Error{"--touch " + in_quotes(question.touch) + " is unknown", "use write or read"};
  for (const std::string& limit : question.cgroups) {
    Result<Case> made = touched_case(limit, *access);
    if (!made) return made.error();
    cases->push_back(*std::move(made));
  }
  std::set<std::string> seen;
  std::vector<Case> once;  // what was asked for twice is measured once
  for (Case& test_case : *cases) {
    set_identity(test_case);
    if (seen.insert(test_case.id).second) once.push_back(std::move(test_case));
  }
  return once;
}

}  // namespace memqual
