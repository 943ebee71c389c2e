// SPDX-License-Identifier: Apache-2.0
// check(): a Shape held against a node.
#include <algorithm>
#include <cmath>

#include "scenarios/load/shape.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

class Checker {
 public:
  Checker(bool whole, Findings& findings) : whole_(whole), findings_(findings) {}

  void check(const Shape& shape, const Node& node, const std::string& label) {
    if (shape.references && node.is_scalar() && node.has_reference) return;
    if (shape.or_default && is_default(node)) return;
    switch (shape.kind) {
      case Shape::Kind::any:
        return;
      case Shape::Kind::text:
      case Shape::Kind::string:
        return check_text(shape, node, label);
      case Shape::Kind::word:
        return check_word(shape, node, label);
      case Shape::Kind::boolean:
        return check_boolean(shape, node, label);
      case Shape::Kind::integer:
        return check_integer(shape, node, label);
      case Shape::Kind::fraction:
        return check_fraction(shape, node, label);
      case Shape::Kind::number:
        return check_number(shape, node, label);
      case Shape::Kind::list:
        return check_list(shape, node, label);
      case Shape::Kind::map:
        return check_map(shape, node, label);
      case Shape::Kind::free_map:
        return check_free_map(shape, node, label);
      case Shape::Kind::any_of:
        return check_any_of(shape, node, label);
      case Shape::Kind::named:
        return check(*shape.target(), node, label);
    }
  }

 private:
  void must_be(const Shape& shape, const Node& node, const std::string& label,
               const std::string& advice = "") {
    findings_.error(node.mark,
                    label + " must be " + shape.what + ", not " + describe(node) + advice);
  }

  void check_text(const Shape& shape, const Node& node, const std::string& label) {
    if (!node.is_scalar()) return must_be(shape, node, label);
    if (shape.kind == Shape::Kind::string && (is_true(node) || is_false(node))) {
      return must_be(shape, node, label);
    }
    if (shape.max_length != 0 && node.text.size() > shape.max_length) {
      findings_.error(node.mark, label + " has " + std::to_string(node.text.size()) +
                                     " characters; it may have " +
                                     std::to_string(shape.max_length));
      return;
    }
    if (!shape.check_text) return;
    const std::optional<Error> problem = shape.check_text(node.text);
    if (!problem) return;
    const std::string subject = problem->message.rfind("contains", 0) == 0 ||
                                        problem->message.rfind("starts", 0) == 0 ||
                                        problem->message.rfind("is ", 0) == 0
                                    ? label + " " + in_quotes(node.text, 60) + " "
                                    : label + ": ";
    findings_.error(node.mark, Error{subject + problem->message, problem->hint});
  }

  void check_word(const Shape& shape, const Node& node, const std::string& label) {
    if (!node.is_scalar()) return must_be(shape, node, label);
    if (std::find(shape.words.begin(), shape.words.end(), node.text) != shape.words.end()) return;
    std::vector<std::string> words = shape.words;
    if (shape.or_default) words.emplace_back("default");
    findings_.error(node.mark, Error{label + " cannot be " + in_quotes(node.text, 60) +
                                         did_you_mean(node.text, words),
                                     "write " + join_or(words)});
  }

  void check_boolean(const Shape& shape, const Node& node, const std::string& label) {
    if (is_true(node) || is_false(node)) return;
    std::string lower = node.text;
    for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    std::string advice;
    if (lower == "yes" || lower == "on" || lower == "y" || lower == "true") advice = "; write true";
    if (lower == "no" || lower == "off" || lower == "n" || lower == "false")
      advice = "; write false";
    must_be(shape, node, label, advice);
  }

  void check_integer(const Shape& shape, const Node& node, const std::string& label) {
    std::int64_t value = 0;
    if (read_integer(node, value) && value >= shape.min && value <= shape.max) return;
    std::string advice;
    if (node.is_scalar() && node.quoted) advice = "; remove the quotes";
    if (!node.quoted && node.text.size() > 1 && node.text[0] == '0') {
      advice = "; write it without the leading 0";
    }
    must_be(shape, node, label, advice);
  }

  void check_fraction(const Shape& shape, const Node& node, const std::string& label) {
    double value = 0;
    if (!read_number(node, value) || !(value > 0.0 && value <= 1.0)) must_be(shape, node, label);
  }

  void check_number(const Shape& shape, const Node& node, const std::string& label) {
    double value = 0;
    if (!read_number(node, value) || !std::isfinite(value)) must_be(shape, node, label);
  }

  void check_list(const Shape& shape, const Node& node, const std::string& label) {
    if (!node.is_list()) return must_be(shape, node, label);
    if (node.items.size() < shape.min_items) {
      findings_.error(node.mark, label + " is an empty list; write at least " +
                                     std::to_string(shape.min_items) + " entry");
    }
    // Lists are replaced, never merged, so that what stands in one is complete in itself.
    const bool outer = whole_;
    whole_ = whole_ || !shape.items_inherit;
    for (const NodePtr& item : node.items) check(*shape.item, *item, "an entry of " + label);
    whole_ = outer;
  }

  void check_free_map(const Shape& shape, const Node& node, const std::string& label) {
    if (!node.is_map()) return must_be(shape, node, label);
    if (node.entries.size() < shape.min_items) {
      findings_.error(node.mark, label + " is empty; write at least " +
                                     std::to_string(shape.min_items) + " entry");
    }
    for (const Entry& entry : node.entries) {
      if (!is_identifier(entry.key)) {
        findings_.error(entry.mark,
                        shape.name + " " + in_quotes(entry.key, 60) +
                            " must be letters, digits and '_', not starting with a digit");
      }
      check(*shape.item, *entry.value, entry.key);
    }
  }

  void check_map(const Shape& shape, const Node& node, const std::string& label) {
    if (!node.is_map()) return must_be(shape, node, label);
    const bool outer = whole_;
    whole_ = whole_ && !shape.part && !has_any(node, shape.part_if);
    for (const Entry& entry : node.entries) check_entry(shape, entry, label);
    for (const KeyShape& key : shape.keys) {
      const bool needed =
          key.required == Required::always || (whole_ && key.required == Required::whole);
      if (needed && node.find_entry(key.key) == nullptr) {
        missing_key(node, key, label, findings_);
      }
    }
    if (whole_) check_groups(shape, node, label);
    whole_ = outer;
  }

  static bool has_any(const Node& node, const std::vector<std::string>& keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const std::string& key) { return node.find_entry(key) != nullptr; });
  }

  void check_entry(const Shape& shape, const Entry& entry, const std::string& label) {
    if (entry.key.rfind("x_", 0) == 0) return;
    std::vector<std::string> known;
    for (const KeyShape& key : shape.keys) {
      if (key.key == entry.key) return check(*key.shape, *entry.value, key.key);
      known.push_back(key.key);
    }
    if (std::find(shape.later.begin(), shape.later.end(), entry.key) != shape.later.end()) {
      findings_.error(entry.mark, in_quotes(entry.key) + " is not available yet in " + label +
                                      "; keys here: " + join_or(known));
      return;
    }
    const std::string best = nearest_word(entry.key, known);
    findings_.error(entry.mark, "unknown key " + in_quotes(entry.key, 60) + " in " + label +
                                    (best.empty() ? "; keys here: " + join_or(known)
                                                  : "; did you mean " + in_quotes(best) + "?"));
  }

  static bool is_known(const Shape& shape, const std::string& key) {
    return key.rfind("x_", 0) == 0 ||
           std::any_of(shape.keys.begin(), shape.keys.end(),
                       [&](const KeyShape& known) { return known.key == key; });
  }

  void check_groups(const Shape& shape, const Node& node, const std::string& label) {
    const auto present = [&](const std::vector<std::string>& group) {
      return std::count_if(group.begin(), group.end(),
                           [&](const std::string& key) { return node.find_entry(key) != nullptr; });
    };
    // What is missing is most likely what an unknown key was meant to be.
    const bool unknown_keys =
        !std::all_of(node.entries.begin(), node.entries.end(),
                     [&](const Entry& entry) { return is_known(shape, entry.key); });
    for (const auto& group : shape.exactly_one) {
      const auto count = present(group);
      if (count == 1 || (count == 0 && unknown_keys)) continue;
      findings_.error(node.mark, label + (count == 0 ? " needs one of " : " takes only one of ") +
                                     join_or(group));
    }
    for (const auto& group : shape.at_least_one) {
      if (present(group) > 0 || unknown_keys) continue;
      findings_.error(node.mark, shape.at_least_one_hint.empty()
                                     ? label + " needs one of " + join_or(group)
                                     : shape.at_least_one_hint);
    }
  }

  static bool fits_kind(const Shape& shape, const Node& node) {
    if (shape.references && node.is_scalar() && node.has_reference) return true;
    switch (shape.kind) {
      case Shape::Kind::any:
        return true;
      case Shape::Kind::list:
        return node.is_list();
      case Shape::Kind::map:
      case Shape::Kind::free_map:
        return node.is_map();
      case Shape::Kind::named:
        return fits_kind(*shape.target(), node);
      case Shape::Kind::any_of:
        return std::any_of(shape.alternatives.begin(), shape.alternatives.end(),
                           [&](const ShapePtr& s) { return fits_kind(*s, node); });
      default:
        return node.is_scalar();
    }
  }

  /// A list of the right things: of two lists, the one whose items are of the kind that is there.
  static bool fits_items(const Shape& shape, const Node& node) {
    return shape.kind != Shape::Kind::list || !node.is_list() || node.items.empty() ||
           fits_kind(*shape.item, *node.items.front());
  }

  /// The alternative of the node's own kind speaks; among several, the first without errors.
  void check_any_of(const Shape& shape, const Node& node, const std::string& label) {
    const Shape* candidate = nullptr;
    for (const ShapePtr& alternative : shape.alternatives) {
      if (!fits_kind(*alternative, node)) continue;
      Findings silent;
      Checker trial(whole_, silent);
      trial.check(*alternative, node, label);
      if (silent.error_count() == 0) return;
      if (candidate == nullptr || fits_items(*alternative, node)) candidate = alternative.get();
    }
    if (candidate == nullptr) return must_be(shape, node, label);
    check(*candidate, node, label);
  }

  bool whole_;
  Findings& findings_;
};

}  // namespace

void missing_key(const Node& node, const KeyShape& key, const std::string& label,
                 Findings& findings) {
  findings.error(node.mark, label + " needs the key " + in_quotes(key.key) + ": " + key.doc);
}

void check(const Shape& shape, const Node& node, const std::string& label, Findings& findings) {
  Checker(true, findings).check(shape, node, label);
}

}  // namespace memqual
