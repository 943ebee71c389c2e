// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/node.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::uint64_t kMany = std::numeric_limits<std::uint64_t>::max() / 4;

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return std::min(a + b, kMany); }

void count_child(Node& parent, const Node& child) {
  parent.nodes = add(parent.nodes, child.nodes);
  parent.bytes = add(parent.bytes, child.bytes);
  parent.has_reference = parent.has_reference || child.has_reference;
}

template <class T>
bool read_digits(std::string_view digits, int base, T& value) {
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value, base);
  return !digits.empty() && result.ec == std::errc() && result.ptr == end;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace

Origin to_origin(const Mark& mark) {
  return Origin{mark.file ? *mark.file : std::string(), mark.line, mark.column};
}

const Entry* Node::find_entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : entry->value.get();
}

NodePtr Node::find_shared(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : entry->value;
}

NodePtr make_scalar(Mark mark, std::string text, bool quoted) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::scalar;
  node->mark = std::move(mark);
  node->quoted = quoted;
  node->has_reference = text.find("${") != text.npos;
  node->bytes = text.size();
  node->text = std::move(text);
  return node;
}

NodePtr make_null(Mark mark, std::string text) {
  auto node = std::make_shared<Node>();
  node->mark = std::move(mark);
  node->text = std::move(text);
  return node;
}

NodePtr make_list(Mark mark, std::vector<NodePtr> items) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::list;
  node->mark = std::move(mark);
  for (const NodePtr& item : items) count_child(*node, *item);
  node->items = std::move(items);
  return node;
}

NodePtr make_map(Mark mark, std::vector<Entry> entries) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::map;
  node->mark = std::move(mark);
  for (const Entry& entry : entries) {
    count_child(*node, *entry.value);
    node->bytes = add(node->bytes, entry.key.size());
  }
  node->entries = std::move(entries);
  return node;
}

bool is_true(const Node& node) {
  return node.is_scalar() && !node.quoted &&
         (node.text == "true" || node.text == "True" || node.text == "TRUE");
}

bool is_false(const Node& node) {
  return node.is_scalar() && !node.quoted &&
         (node.text == "false" || node.text == "False" || node.text == "FALSE");
}

bool read_integer(const Node& node, std::int64_t& value) {
  if (!node.is_scalar() || node.quoted) return false;
  std::string_view text = node.text;
  if (text.substr(0, 2) == "0x") return read_digits(text.substr(2), 16, value) && value >= 0;
  if (text.substr(0, 2) == "0o") return read_digits(text.substr(2), 8, value) && value >= 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (!all_digits(text) || (text.size() > 1 && text[0] == '0')) return false;
  if (!read_digits(text, 10, value)) return false;
  if (negative) value = -value;
  return true;
}

bool read_number(const Node& node, double& value) {
  if (!node.is_scalar() || node.quoted) return false;
  std::string_view text = node.text;
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != text.npos) return false;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

bool looks_like_number(const Node& node) {
  if (!node.is_scalar() || node.quoted) return false;
  std::string_view text = node.text;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  double value = 0;
  std::int64_t integer = 0;
  return all_digits(text) || read_number(node, value) || read_integer(node, integer);
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return node.text.empty() ? "nothing" : "null";
    case Node::Kind::list:
      return node.items.empty() ? "an empty list" : "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  if (looks_like_number(node)) return "the number " + escape_text(node.text, 60);
  if (is_true(node) || is_false(node)) return node.text;
  return "the text " + in_quotes(node.text, 60);
}

NodePtr deep_merge(const NodePtr& base, const NodePtr& over) {
  if (!base) return over;
  if (!over || !base->is_map() || !over->is_map()) return over ? over : base;
  std::vector<Entry> entries = base->entries;
  for (const Entry& entry : over->entries) {
    const auto same = std::find_if(entries.begin(), entries.end(),
                                   [&](const Entry& e) { return e.key == entry.key; });
    if (same == entries.end()) {
      entries.push_back(entry);
    } else {
      *same = Entry{entry.key, entry.mark, deep_merge(same->value, entry.value)};
    }
  }
  return make_map(over->mark, std::move(entries));
}

NodePtr without_keys(const NodePtr& map, const std::vector<std::string>& keys) {
  if (!map || !map->is_map()) return map;
  std::vector<Entry> entries;
  for (const Entry& entry : map->entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) entries.push_back(entry);
  }
  return make_map(map->mark, std::move(entries));
}

void Findings::error(const Origin& origin, const std::string& message) {
  if (!seen_.insert(to_string(origin) + ' ' + message).second) return;
  errors_.push_back(Diagnostic{origin, message});
}

void Findings::error(const Mark& mark, const Error& error) {
  const bool asks = !error.message.empty() && error.message.back() == '?';
  const std::string hint = error.hint.empty() ? "" : (asks ? " " : "; ") + error.hint;
  this->error(mark, error.message + hint);
}

void Findings::warning(const Origin& origin, const std::string& message) {
  if (!seen_.insert(to_string(origin) + ' ' + message).second) return;
  warnings_.push_back(Diagnostic{origin, message});
}

std::string to_string(const Diagnostic& diagnostic) {
  return to_string(diagnostic.origin) + ": " + diagnostic.message;
}

}  // namespace memqual
