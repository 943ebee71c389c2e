// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/substitute.h"

#include "scenarios/load/shape.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

/// Replaces references in trees; a failed one stays as it is, after its error.
class Substituter {
 public:
  Substituter(const Scope& scope, std::uint64_t& budget, Findings& findings)
      : scope_(scope), budget_(budget), findings_(findings) {}

  NodePtr run(const NodePtr& node) {
    if (!node->has_reference) return node;
    switch (node->kind) {
      case Node::Kind::null:
        return node;
      case Node::Kind::scalar:
        return scalar(node);
      case Node::Kind::list: {
        std::vector<NodePtr> items;
        for (const NodePtr& item : node->items) items.push_back(run(item));
        return make_list(node->mark, std::move(items));
      }
      case Node::Kind::map:
        break;
    }
    std::vector<Entry> entries;
    for (const Entry& entry : node->entries) {
      entries.push_back(Entry{entry.key, entry.mark, run(entry.value)});
    }
    return make_map(node->mark, std::move(entries));
  }

 private:
  NodePtr scalar(const NodePtr& node) {
    const std::string& text = node->text;
    if (text.rfind("${", 0) == 0 && text.find('}') == text.size() - 1) {
      const NodePtr value = look_up(*node, text.substr(2, text.size() - 3));
      return value ? value : node;
    }
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      if (text.compare(at, 3, "$${") == 0) {
        out += "${";
        at += 3;
      } else if (text.compare(at, 2, "${") == 0) {
        if (!append_reference(*node, at, out)) return node;
      } else {
        out += text[at++];
      }
      if (out.size() > budget_) {
        findings_.error(node->mark,
                        "the values put into this scenario make too much text (limit: "
                        "file_bytes)");
        return node;
      }
    }
    budget_ -= out.size();
    return unescaped(node->mark, std::move(out));
  }

  /// A text that may hold "${" and yet is no reference.
  static NodePtr unescaped(const Mark& mark, std::string text) {
    auto node = std::make_shared<Node>(*make_scalar(mark, std::move(text), false));
    node->has_reference = false;
    return node;
  }

  bool append_reference(const Node& node, std::size_t& at, std::string& out) {
    const std::size_t end = node.text.find('}', at);
    if (end == node.text.npos) {
      findings_.error(node.mark, "\"${\" is not closed; write ${name}, or $${ for a plain ${");
      return false;
    }
    const std::string name = node.text.substr(at + 2, end - at - 2);
    const NodePtr value = look_up(node, name);
    if (!value) return false;
    if (!value->is_scalar()) {
      findings_.error(node.mark, "${" + name + "} is " + describe(*value) +
                                     " and cannot stand inside a longer text; let it stand alone");
      return false;
    }
    out += value->text;
    at = end + 1;
    return true;
  }

  NodePtr look_up(const Node& node, const std::string& name) {
    if (!is_identifier(name)) {
      findings_.error(node.mark,
                      "\"${" + escape_text(name, 60) +
                          "}\" is not a reference; write ${name}, or $${ for a plain ${");
      return nullptr;
    }
    NodePtr value = scope_.find(name);
    if (!value) {
      const std::vector<std::string> names = scope_.names();
      findings_.error(node.mark, "${" + name + "} is neither a matrix axis nor a variable" +
                                     (names.empty() ? "; declare it in matrix.axes or vars"
                                                    : did_you_mean(name, names)));
    }
    return value;
  }

  const Scope& scope_;
  std::uint64_t& budget_;
  Findings& findings_;
};

}  // namespace

NodePtr Scope::find(const std::string& name) const {
  for (auto entry = values.rbegin(); entry != values.rend(); ++entry) {
    if (entry->first == name) return entry->second;
  }
  return nullptr;
}

void Scope::set(const std::string& name, NodePtr value) {
  for (auto& entry : values) {
    if (entry.first == name) {
      entry.second = std::move(value);
      return;
    }
  }
  values.emplace_back(name, std::move(value));
}

std::vector<std::string> Scope::names() const {
  std::vector<std::string> out;
  for (const auto& entry : values) out.push_back(entry.first);
  return out;
}

NodePtr substitute(const NodePtr& node, const Scope& scope, std::uint64_t& text_budget,
                   Findings& findings) {
  return Substituter(scope, text_budget, findings).run(node);
}

}  // namespace memqual
