// SPDX-License-Identifier: Apache-2.0
// Evaluation never short-circuits: a comparison of unlike types is found also where the other side
// of
// '|' already decides, so that a mistake does not hide until the day it matters. Truth has three
// values; what the host does not know stays unknown through '!', '&' and '|' unless the other side
// decides, and an unknown whole is false.
#include "scenarios/model/expression.h"

#include <cctype>
#include <charconv>
#include <optional>

#include "scenarios/model/bytes.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/text.h"

namespace memqual {

enum class ExprKind { any, all, negation, comparison, literal, name, call };

struct Expression::Node {
  ExprKind kind = ExprKind::literal;
  std::vector<std::shared_ptr<const Node>> children;
  std::string word;      ///< operator, name or function
  std::string argument;  ///< of a call
  ExprValue value;       ///< of a literal
};

namespace {

using NodePtr = std::shared_ptr<const Expression::Node>;

constexpr std::size_t kMaxText = 4096;
constexpr int kMaxNesting = 64;

const std::vector<std::string>& known_functions() {
  static const std::vector<std::string> names{"program", "python_module", "tag", "name",
                                              "scenario"};
  return names;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c) || c == '.' || c == '-'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Recursive descent; the first error ends it.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> parse() {
    NodePtr root = parse_any();
    skip_spaces();
    if (root && at_ != text_.size()) root = fail("unexpected " + rest());
    if (!root) return error_;
    return root;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  std::string rest() const { return in_quotes(text_.substr(at_), 20); }

  NodePtr fail_at(std::size_t at, const std::string& message, const std::string& hint = "") {
    if (error_.message.empty()) {
      error_ = Error{"column " + std::to_string(at + 1) + ": " + message, hint};
    }
    return nullptr;
  }
  NodePtr fail(const std::string& message, const std::string& hint = "") {
    return fail_at(at_, message, hint);
  }

  static NodePtr make(ExprKind kind, std::vector<NodePtr> children, std::string word = "") {
    auto node = std::make_shared<Expression::Node>();
    node->kind = kind;
    node->children = std::move(children);
    node->word = std::move(word);
    return node;
  }

  NodePtr parse_any() { return parse_chain('|', ExprKind::any, &Parser::parse_all); }
  NodePtr parse_all() { return parse_chain('&', ExprKind::all, &Parser::parse_not); }

  NodePtr parse_chain(char op, ExprKind kind, NodePtr (Parser::*part)()) {
    std::vector<NodePtr> parts;
    for (;;) {
      NodePtr node = (this->*part)();
      if (!node) return nullptr;
      parts.push_back(std::move(node));
      skip_spaces();
      if (peek() != op) break;
      if (text_.substr(at_, 2) == std::string(2, op)) {
        return fail("\"" + std::string(2, op) + "\" is not an operator here",
                    std::string("write a single ") + op);
      }
      ++at_;
    }
    return parts.size() == 1 ? parts.front() : make(kind, std::move(parts));
  }

  NodePtr parse_not() {
    skip_spaces();
    if (peek() != '!' || text_.substr(at_, 2) == "!=") return parse_comparison();
    if (++depth_ > kMaxNesting) return fail("more than 64 levels of nesting");
    ++at_;
    NodePtr inner = parse_not();
    --depth_;
    return inner ? make(ExprKind::negation, {inner}) : nullptr;
  }

  NodePtr parse_comparison() {
    NodePtr left = parse_value();
    if (!left) return nullptr;
    const std::string op = read_operator();
    if (op.empty()) return error_.message.empty() ? left : nullptr;
    NodePtr right = parse_value();
    if (!right) return nullptr;
    if (!read_operator().empty()) return fail("comparisons cannot be chained", "join them with &");
    return make(ExprKind::comparison, {left, right}, op);
  }

  std::string read_operator() {
    skip_spaces();
    for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (text_.substr(at_, op.size()) == op) {
        at_ += op.size();
        return std::string(op);
      }
    }
    if (peek() == '=') fail("\"=\" is not a comparison", "write ==");
    return {};
  }

  NodePtr literal(ExprValue value) {
    auto node = std::make_shared<Expression::Node>();
    node->value = std::move(value);
    return node;
  }

  NodePtr parse_value() {
    skip_spaces();
    const char c = peek();
    if (c == '(') return parse_group();
    if (c == '\'' || c == '"') return parse_text();
    if (is_digit(c)) return parse_number();
    if (starts_name(c)) return parse_name();
    if (at_ >= text_.size()) return fail("the expression ends where a value should follow");
    return fail("unexpected " + rest());
  }

  NodePtr parse_group() {
    if (++depth_ > kMaxNesting) return fail("more than 64 levels of nesting");
    const std::size_t open = at_++;
    NodePtr inner = parse_any();
    if (!inner) return nullptr;
    skip_spaces();
    if (peek() != ')') return fail_at(open, "\"(\" is not closed");
    ++at_;
    --depth_;
    return inner;
  }

  NodePtr parse_text() {
    const std::size_t open = at_;
    const std::size_t end = text_.find(text_[open], open + 1);
    if (end == text_.npos) return fail("the quote is not closed");
    at_ = end + 1;
    return literal(std::string(text_.substr(open + 1, end - open - 1)));
  }

  /// A number with a unit is a size; alone it is a count.
  NodePtr parse_number() {
    const std::size_t begin = at_;
    while (is_digit(peek()) || peek() == '.') ++at_;
    const std::string_view digits = text_.substr(begin, at_ - begin);
    const std::size_t after_digits = at_;
    skip_spaces();
    if (starts_name(peek())) {
      while (starts_name(peek())) ++at_;
      const auto size = parse_size(text_.substr(begin, at_ - begin));
      if (!size.ok()) return fail_at(begin, size.error().message, size.error().hint);
      if (!size->is_literal()) return fail_at(begin, "pages have no fixed size", "write bytes");
      return literal(static_cast<double>(literal_bytes(*size)));
    }
    at_ = after_digits;
    double value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code != std::errc() || end != digits.data() + digits.size()) {
      return fail_at(begin, in_quotes(digits) + " is not a number");
    }
    return literal(value);
  }

  NodePtr parse_name() {
    const std::size_t begin = at_;
    while (continues_name(peek())) ++at_;
    std::string word(text_.substr(begin, at_ - begin));
    if (word == "true") return literal(true);
    if (word == "false") return literal(false);
    if (word == "and" || word == "or" || word == "not") {
      return fail_at(begin, "\"" + word + "\" is not an operator here",
                     word == "and"  ? "write &"
                     : word == "or" ? "write |"
                                    : "write !");
    }
    skip_spaces();
    if (peek() == '(') return parse_call(std::move(word));
    return make(ExprKind::name, {}, std::move(word));
  }

  NodePtr parse_call(std::string function) {
    const std::size_t open = at_++;
    skip_spaces();
    std::size_t end = at_;
    const char quote = peek();
    if (quote == '/' || quote == '\'' || quote == '"') {
      const std::size_t close = text_.find(quote, at_ + 1);
      if (close == text_.npos) return fail(std::string("the ") + quote + " is not closed");
      end = close + 1;
    }
    end = text_.find(')', end);
    if (end == text_.npos) return fail_at(open, "\"(\" is not closed");
    std::string_view argument = trim(text_.substr(at_, end - at_));
    if (argument.empty()) return fail_at(open, function + "() needs an argument");
    if (quote == '\'' || quote == '"') {
      if (argument.back() != quote) return fail("unexpected text after the quote");
      argument = argument.substr(1, argument.size() - 2);
    }
    at_ = end + 1;
    auto node = std::make_shared<Expression::Node>();
    node->kind = ExprKind::call;
    node->word = std::move(function);
    node->argument = std::string(argument);
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Error error_;
};

enum class Truth { no, yes, unknown };

/// A value and how it was written, for messages.
struct Operand {
  ExprValue value;
  std::string written;
  bool plain_word = false;  ///< a name that means nothing here: its own text
};

std::string type_name(const ExprValue& value) {
  if (std::holds_alternative<bool>(value)) return "true or false";
  return std::holds_alternative<double>(value) ? "a number" : "a text";
}

class Evaluator {
 public:
  explicit Evaluator(const ExprLookup& lookup) : lookup_(lookup) {}

  Truth truth(const Expression::Node& node) {
    switch (node.kind) {
      case ExprKind::any:
        return fold(node, Truth::yes);
      case ExprKind::all:
        return fold(node, Truth::no);
      case ExprKind::negation: {
        const Truth inner = truth(*node.children[0]);
        if (inner == Truth::unknown) return inner;
        return inner == Truth::yes ? Truth::no : Truth::yes;
      }
      case ExprKind::comparison:
        return compare(node);
      default:
        return truth_of_operand(node);
    }
  }

  std::optional<Error> error;
  std::string unknown;

 private:
  /// `decisive` wins over everything; unknown wins over the rest.
  Truth fold(const Expression::Node& node, Truth decisive) {
    bool any_decisive = false;
    bool any_unknown = false;
    for (const NodePtr& child : node.children) {
      const Truth part = truth(*child);
      any_decisive = any_decisive || part == decisive;
      any_unknown = any_unknown || part == Truth::unknown;
    }
    if (any_decisive) return decisive;
    if (any_unknown) return Truth::unknown;
    return decisive == Truth::yes ? Truth::no : Truth::yes;
  }

  void fail(const std::string& message, const std::string& hint = "") {
    if (!error) error = Error{message, hint};
  }
  Truth unknown_value(const std::string& name) {
    if (unknown.empty()) unknown = name;
    return Truth::unknown;
  }

  Truth truth_of_operand(const Expression::Node& node) {
    const Operand operand = operand_of(node);
    if (const bool* value = std::get_if<bool>(&operand.value)) {
      return *value ? Truth::yes : Truth::no;
    }
    if (std::holds_alternative<std::monostate>(operand.value))
      return unknown_value(operand.written);
    if (operand.plain_word) {
      fail("unknown name " + in_quotes(operand.written) + suggestion(operand.written),
           "a condition is a host fact that is true or false, a call such as program(python3), or "
           "a comparison");
    } else {
      fail(in_quotes(operand.written) + " is " + type_name(operand.value) + ", not true or false",
           "compare it, for instance " + operand.written + " > 0");
    }
    return Truth::unknown;
  }

  static std::string suggestion(const std::string& word) {
    std::vector<std::string> names;
    for (const FactField& field : fact_table()) names.push_back(field.name);
    return did_you_mean(word, names);
  }

  Operand operand_of(const Expression::Node& node) {
    Operand out;
    switch (node.kind) {
      case ExprKind::literal:
        out.value = node.value;
        out.written = literal_text(node.value);
        return out;
      case ExprKind::name:
        out.written = node.word;
        if (!lookup_.name || !lookup_.name(node.word, out.value)) {
          out.value = node.word;
          out.plain_word = true;
        }
        return out;
      case ExprKind::call:
        out.written = node.word + "(" + node.argument + ")";
        if (!lookup_.call || !lookup_.call(node.word, node.argument, out.value)) {
          fail("unknown function " + in_quotes(node.word) +
                   did_you_mean(node.word, known_functions()),
               "functions here: " + join_or(known_functions()));
          out.value = std::monostate();
        }
        return out;
      default:
        break;
    }
    out.written = "(...)";
    const Truth inner = truth(node);
    if (inner != Truth::unknown) out.value = inner == Truth::yes;
    return out;
  }

  static std::string literal_text(const ExprValue& value) {
    if (const bool* truth_value = std::get_if<bool>(&value)) return *truth_value ? "true" : "false";
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    std::string digits(32, '\0');
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), std::get<double>(value));
    digits.resize(static_cast<std::size_t>(end.ptr - digits.data()));
    return digits;
  }

  Truth compare(const Expression::Node& node) {
    const Operand left = operand_of(*node.children[0]);
    const Operand right = operand_of(*node.children[1]);
    if (left.plain_word && right.plain_word) {
      fail("neither " + in_quotes(left.written) + " nor " + in_quotes(right.written) +
               " is a name known here" + suggestion(left.written),
           "compare a host fact or a matrix axis");
      return Truth::unknown;
    }
    for (const Operand* side : {&left, &right}) {
      if (std::holds_alternative<std::monostate>(side->value)) return unknown_value(side->written);
    }
    if (left.value.index() != right.value.index()) {
      const Operand& word = left.plain_word ? left : right;
      fail("cannot compare " + in_quotes(left.written) + ", " + type_name(left.value) + ", with " +
               in_quotes(right.written) + ", " + type_name(right.value),
           word.plain_word
               ? in_quotes(word.written) + " is not a name known here" + suggestion(word.written)
               : "both sides must be of one kind");
      return Truth::unknown;
    }
    return ordered(node.word, left, right);
  }

  Truth ordered(const std::string& op, const Operand& left, const Operand& right) {
    const auto answer = [](bool value) { return value ? Truth::yes : Truth::no; };
    if (op == "==") return answer(left.value == right.value);
    if (op == "!=") return answer(left.value != right.value);
    if (!std::holds_alternative<double>(left.value)) {
      fail("only numbers can be compared with " + op + "; " + in_quotes(left.written) + " is " +
               type_name(left.value),
           "write == or !=");
      return Truth::unknown;
    }
    const double a = std::get<double>(left.value);
    const double b = std::get<double>(right.value);
    if (op == "<") return answer(a < b);
    if (op == "<=") return answer(a <= b);
    return answer(op == ">" ? a > b : a >= b);
  }

  const ExprLookup& lookup_;
};

void collect_calls(const Expression::Node& node,
                   std::vector<std::pair<std::string, std::string>>& calls) {
  if (node.kind == ExprKind::call) calls.emplace_back(node.word, node.argument);
  for (const NodePtr& child : node.children) collect_calls(*child, calls);
}

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
  if (text.size() > kMaxText) return Error{"the expression is longer than 4096 characters", ""};
  auto root = Parser(text).parse();
  if (!root.ok()) {
    return Error{"expression " + in_quotes(text, 80) + ", " + root.error().message,
                 root.error().hint};
  }
  Expression expression;
  expression.text = std::string(text);
  expression.root = std::move(*root);
  return expression;
}

Result<bool> evaluate(const Expression& expression, const ExprLookup& lookup,
                      std::string* unknown) {
  if (!expression.root) return Error{"the expression is empty", ""};
  Evaluator evaluator(lookup);
  const Truth truth = evaluator.truth(*expression.root);
  if (evaluator.error) {
    return Error{"expression " + in_quotes(expression.text, 80) + ": " + evaluator.error->message,
                 evaluator.error->hint};
  }
  if (truth == Truth::unknown && unknown != nullptr) *unknown = evaluator.unknown;
  return truth == Truth::yes;
}

std::vector<std::pair<std::string, std::string>> calls_of(const Expression& expression) {
  std::vector<std::pair<std::string, std::string>> calls;
  if (expression.root) collect_calls(*expression.root, calls);
  return calls;
}

}  // namespace memqual
