// SPDX-License-Identifier: Apache-2.0
// The keys of `expect` and `xfail`.
#include <algorithm>
#include <charconv>

#include "scenarios/load/table.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr const char* kThroughput = "throughput";

const std::vector<std::string>& errno_names() {
  static const std::vector<std::string> names{"ENOMEM", "EAGAIN", "EINVAL", "EPERM",      "EACCES",
                                              "ENOSPC", "ENODEV", "ENOSYS", "EBUSY",      "EMFILE",
                                              "ENFILE", "EBADF",  "EFAULT", "EOPNOTSUPP", "E2BIG",
                                              "EIO",    "EFBIG",  "EDQUOT", "ENOENT",     "EEXIST"};
  return names;
}

/// "exited(3)": kind and number. False where the text is no outcome.
bool read_pattern(const std::string& text, OutcomePattern& pattern) {
  const std::size_t open = text.find('(');
  const auto kind = from_word<OutcomeKind>(std::string_view(text).substr(0, open));
  if (!kind) return false;
  pattern.kind = *kind;
  if (open == text.npos) return true;
  if (*kind != OutcomeKind::exited && *kind != OutcomeKind::signalled) return false;
  const char* begin = text.data() + open + 1;
  const char* end = text.data() + text.size();
  int number = 0;
  const auto result = std::from_chars(begin, end, number);
  const int most = *kind == OutcomeKind::exited ? 255 : 64;
  if (result.ec != std::errc() || result.ptr + 1 != end || *result.ptr != ')') return false;
  if (number < 0 || number > most || (begin[0] == '0' && result.ptr - begin > 1)) return false;
  pattern.number = number;
  return true;
}

std::optional<Error> check_outcome(const std::string& text) {
  OutcomePattern pattern;
  if (read_pattern(text, pattern)) return std::nullopt;
  std::vector<std::string> words = words_of<OutcomeKind>();
  std::string problem = "unknown outcome " + in_quotes(text, 60) + did_you_mean(text, words);
  for (std::string& word : words) {
    if (word == "exited") word = "exited(0 to 255)";
    if (word == "signalled") word = "signalled(0 to 64)";
  }
  return Error{problem, "write " + join_or(words)};
}

std::string outcome_pattern() {
  std::string words;
  for (const std::string& word : words_of<OutcomeKind>())
    words += (words.empty() ? "" : "|") + word;
  return "^(" + words +
         "|exited\\(([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])\\)"
         "|signalled\\(([0-9]|[1-5][0-9]|6[0-4])\\))$";
}

ShapePtr outcome_word_shape() {
  static const ShapePtr shape =
      rule_shape("an outcome such as refused", outcome_pattern(), check_outcome);
  return shape;
}

constexpr const char* kPredicted = "predicted";

std::optional<Error> check_outcome_or_predicted(const std::string& text) {
  return text == kPredicted ? std::nullopt : check_outcome(text);
}

/// A word that stands alone may leave the decision to the oracle; one of several may not.
ShapePtr outcome_alone_shape() {
  static const ShapePtr shape =
      rule_shape("an outcome such as refused, or predicted",
                 "^(" + std::string(kPredicted) + "|" + outcome_pattern().substr(2),
                 check_outcome_or_predicted);
  return shape;
}

/// `refused`, `predicted` or `[refused, oom_killed]`.
ShapePtr outcome_set_shape() {
  static const ShapePtr shape =
      any_of_shape({outcome_alone_shape(), list_shape(outcome_word_shape(), 1)});
  return shape;
}

void decode_outcome_set(const Node& node, OutcomeRule& rule) {
  const auto add = [&rule](const Node& word) {
    OutcomePattern pattern;
    if (read_pattern(word.text, pattern)) rule.any_of.push_back(pattern);
  };
  rule.predicted = !node.is_list() && node.text == kPredicted;
  if (!node.is_list()) add(node);
  for (const NodePtr& item : node.items) add(*item);
}

const Table<OutcomeRule>& rule_table() {
  using T = OutcomeRule;
  static const Table<T> table{{
      {"when", expression_shape(), Required::no,
       "where this alternative applies; always if left out",
       [](const Node& n, T& out, DecodeContext& c) { out.when = decode_expression(n, c); }},
      {"outcome", outcome_set_shape(), Required::whole, "what must happen there",
       [](const Node& n, T& out, DecodeContext&) { decode_outcome_set(n, out); }},
  }};
  return table;
}

void decode_outcome(const Node& node, Expectation& out, DecodeContext& context) {
  const bool is_rules = node.is_list() && !node.items.empty() && node.items[0]->is_map();
  if (!is_rules) {
    OutcomeRule rule;
    decode_outcome_set(node, rule);
    out.rules.push_back(std::move(rule));
    return;
  }
  for (const NodePtr& item : node.items) {
    if (!out.rules.empty() && !out.rules.back().when) {
      context.findings.error(item->mark,
                             "this alternative is never reached: the one before has no when; put "
                             "the one without when last");
    }
    OutcomeRule rule;
    rule_table().decode(*item, rule, context);
    out.rules.push_back(std::move(rule));
  }
}

const Table<Bound>& bound_table(bool counts) {
  using T = Bound;
  const auto make = [](const ShapePtr& shape, auto read) {
    return Table<T>{{
        {"min", shape, Required::no, "not less than this",
         [read](const Node& n, T& out, DecodeContext&) { out.min = read(n); }},
        {"max", shape, Required::no, "not more than this",
         [read](const Node& n, T& out, DecodeContext&) { out.max = read(n); }},
    }};
  };
  static const Table<T> sizes = make(size_shape(), decode_size);
  static const Table<T> numbers = make(
      integer_shape(0, INT64_MAX), [](const Node& n) { return Size::of_bytes(decode_count(n)); });
  return counts ? numbers : sizes;
}

Field<Expectation> bound_field(Metric metric) {
  const bool counts = is_count(metric);
  auto shape = bound_table(counts).shape();
  shape->at_least_one = {{"min", "max"}};
  const std::string word(to_word(metric));
  return {word, shape, Required::no,
          counts ? "bounds on a count, {min, max}" : "bounds in bytes, {min, max}",
          [metric, counts](const Node& n, Expectation& out, DecodeContext& c) {
            Bound bound;
            bound.metric = metric;
            bound_table(counts).decode(n, bound, c);
            if (bound.min && bound.max && bound.min->is_literal() && bound.max->is_literal() &&
                literal_bytes(*bound.min) > literal_bytes(*bound.max)) {
              c.findings.error(n.mark, std::string(to_word(metric)) + ": min is more than max");
            }
            out.bounds.push_back(std::move(bound));
          }};
}

const std::vector<Metric>& metrics() {
  static const std::vector<Metric> all = [] {
    std::vector<Metric> out;
    for (const std::string& word : words_of<Metric>()) out.push_back(*from_word<Metric>(word));
    return out;
  }();
  return all;
}

std::optional<Error> check_rate(const std::string& text) {
  const Result<Rate> rate = parse_rate(text);
  if (rate) return std::nullopt;
  return rate.error();
}

const Table<ThroughputBound>& throughput_table() {
  using T = ThroughputBound;
  static const ShapePtr rate =
      rule_shape("a rate such as 80 % of copy or 2 GB/s", rate_pattern(), check_rate);
  static const Table<T> table{{
      {"min", rate, Required::no, "not slower than this",
       [](const Node& n, T& out, DecodeContext&) {
         if (Result<Rate> min = parse_rate(n.text)) out.min = *std::move(min);
       }},
      {"max", rate, Required::no, "not faster than this",
       [](const Node& n, T& out, DecodeContext&) {
         if (Result<Rate> max = parse_rate(n.text)) out.max = *std::move(max);
       }},
  }};
  return table;
}

Field<Expectation> throughput_field() {
  auto shape = throughput_table().shape();
  shape->at_least_one = {{"min", "max"}};
  return {kThroughput, shape, Required::no,
          "bounds on the rate of the last kernel step, {min, max}: 80 % of copy, 2 GB/s",
          [](const Node& n, Expectation& out, DecodeContext& c) {
            throughput_table().decode(n, out.throughput.emplace(), c);
          }};
}

const Table<Expectation>& expect_table() {
  using T = Expectation;
  static const Table<T> table = [] {
    Table<T> out{{
        {"outcome",
         any_of_shape({outcome_alone_shape(), list_shape(outcome_word_shape(), 1),
                       list_shape(rule_table().shape(), 1)}),
         Required::no,
         "how the case ends: a word, a list of words, a list of {when, outcome}, or predicted",
         decode_outcome},
        {"at", name_shape(), Required::no, "label, name or kind of the step that ends the case",
         [](const Node& n, T& e, DecodeContext&) { e.at = n.text; }},
        {"errno", word_shape(errno_names()), Required::no,
         "error of the refusal: ENOMEM, EAGAIN, ...",
         [](const Node& n, T& e, DecodeContext&) { e.errno_name = n.text; }},
    }};
    for (const Metric metric : metrics()) out.fields.push_back(bound_field(metric));
    out.fields.push_back(throughput_field());
    return out;
  }();
  return table;
}

const Table<ExpectedFailure>& xfail_table() {
  using T = ExpectedFailure;
  const auto reason = [] {
    return rule_shape("a text", "[^ ]", [](const std::string& text) -> std::optional<Error> {
      if (text.find_first_not_of(' ') != text.npos) return std::nullopt;
      return Error{"is empty", "say why the case fails"};
    });
  };
  static const Table<T> table{{
      {"reason", reason(), Required::whole, "why the case is known to fail",
       [](const Node& n, T& out, DecodeContext&) { out.reason = n.text; }},
      {"when", expression_shape(), Required::no,
       "where it is known to fail; everywhere if left out",
       [](const Node& n, T& out, DecodeContext& c) { out.when = decode_expression(n, c); }},
  }};
  return table;
}

void collect_step_names(const std::vector<WorkloadStep>& steps, std::vector<std::string>& names) {
  for (const WorkloadStep& step : steps) {
    names.emplace_back(step_kind(step));
    if (!step.label.empty()) names.push_back(step.label);
    if (std::string name = step_name(step); !name.empty()) names.push_back(std::move(name));
    if (const Fork* fork = std::get_if<Fork>(&step.action))
      collect_step_names(fork->workload, names);
  }
}

bool may_be_refused(const Expectation& expect) {
  for (const OutcomeRule& rule : expect.rules) {
    for (const OutcomePattern& pattern : rule.any_of) {
      if (pattern.kind == OutcomeKind::refused) return true;
    }
  }
  return false;
}

}  // namespace

ShapePtr expect_shape() {
  static const ShapePtr shape = named_shape("expect", [] {
    auto map = expect_table().shape();
    std::vector<std::string> asserting{"outcome"};
    for (const Metric metric : metrics()) asserting.emplace_back(to_word(metric));
    asserting.emplace_back(kThroughput);
    map->at_least_one = {asserting};
    map->at_least_one_hint =
        "expect asserts nothing; write outcome or a bound such as rss_peak, or expect: none to "
        "assert "
        "nothing on purpose";
    return any_of_shape({word_shape({"none"}), map});
  });
  return shape;
}

void decode_expect(const Node& node, Expectation& out, DecodeContext& context) {
  if (node.is_scalar()) {
    out.none = true;
    return;
  }
  expect_table().decode(node, out, context);
}

ShapePtr xfail_shape() {
  static const ShapePtr shape = xfail_table().shape();
  return shape;
}

void decode_xfail(const Node& node, ExpectedFailure& out, DecodeContext& context) {
  xfail_table().decode(node, out, context);
}

void check_expectation(const Node& expect, const Case& test_case, Findings& findings) {
  const Expectation& expectation = test_case.expect;
  if (expectation.at && !test_case.workload.empty()) {
    std::vector<std::string> names;
    collect_step_names(test_case.workload, names);
    if (std::find(names.begin(), names.end(), *expectation.at) == names.end()) {
      findings.error(expect.find("at")->mark, "no step has the label, name or kind " +
                                                  in_quotes(*expectation.at) +
                                                  did_you_mean(*expectation.at, names));
    }
  }
  const Node* largest = expect.find(to_word(Metric::largest));
  const auto finds = [](const WorkloadStep& step) {
    return std::holds_alternative<FindLargest>(step.action);
  };
  if (largest != nullptr && !test_case.workload.empty() &&
      std::none_of(test_case.workload.begin(), test_case.workload.end(), finds)) {
    findings.error(largest->mark,
                   "largest is what a find_largest step finds, and the workload has none; add one");
  }
  const Node* throughput = expect.find(kThroughput);
  const auto is_kernel = [](const WorkloadStep& step) {
    return std::holds_alternative<Kernel>(step.action);
  };
  if (throughput != nullptr && !test_case.workload.empty() &&
      std::none_of(test_case.workload.begin(), test_case.workload.end(), is_kernel)) {
    findings.error(throughput->mark,
                   "throughput is that of a kernel step, and the workload has none; add one");
  }
  if (expectation.errno_name && !may_be_refused(expectation)) {
    findings.error(expect.find("errno")->mark,
                   "errno is the error of a refusal, and outcome does not say refused; write "
                   "outcome: refused or remove errno");
  }
}

}  // namespace memqual
