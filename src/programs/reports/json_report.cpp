#include "programs/reports/json_report.hpp"

#include <cctype>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/text.hpp"

namespace sweetspot::programs {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view without_mark(std::string_view line) {
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  return line;
}

std::optional<double> not_finite_of(std::string_view token) {
  const bool is_negative = token.starts_with('-');
  if (is_negative || token.starts_with('+')) token.remove_prefix(1);
  std::string word;
  for (const char c : token) word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (word != "inf" && word != "infinity") return std::nullopt;
  return is_negative ? -std::numeric_limits<double>::infinity()
                     : std::numeric_limits<double>::infinity();
}

// Numbers beyond a double's range are infinite.
std::optional<double> number_of(std::string_view token) {
  if (const auto value = not_finite_of(token)) return value;
  if (token.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  const std::string text(token);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

void append_utf8(std::string& text, uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    text += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// One pass over a line, which keeps no more than the names and numbers of the outermost object.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : line_(line) {}

  size_t at() const { return at_; }

  bool object(Report& report) {
    if (!take('{')) return false;
    if (take('}')) return at_end();
    do {
      std::string name;
      blanks();
      if (!text(&name) || !take(':') || !member(printable(name), report)) return false;
    } while (take(','));
    return take('}') && at_end();
  }

 private:
  void blanks() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ == line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool at_end() {
    blanks();
    return at_ == line_.size();
  }

  bool member(const std::string& name, Report& report) {
    const bool is_step = name == "step";
    blanks();
    if (at_ == line_.size()) return false;
    const char first = line_[at_];
    std::optional<double> number;
    if (first == '"') {
      if (!text(nullptr)) return false;
      if (!is_step) report.texts.push_back(name);
    } else if (first == '{' || first == '[') {
      if (!nested()) return false;
    } else {
      const std::string_view token = word();
      number = number_of(token);
      const bool is_null = token == "null";
      if (!number.has_value() && !is_null && token != "true" && token != "false") return false;
      if (!is_step && (number.has_value() || is_null)) report.metrics[name] = number;
      at_ += token.size();
    }
    if (!is_step) return true;
    report.step = number.has_value() ? step_of(*number) : std::nullopt;
    report.has_bad_step = !report.step.has_value();
    return true;
  }

  std::string_view word() const {
    const size_t end = line_.find_first_of(",}] \t", at_);
    return line_.substr(at_, end == std::string_view::npos ? end : end - at_);
  }

  // What is nested holds no metrics: its brackets and texts are passed over, and no more is asked
  // of it.
  bool nested() {
    size_t depth = 0;
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (c == '"') {
        if (!text(nullptr)) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  // `into` may be null.
  bool text(std::string* into) {
    if (at_ == line_.size() || line_[at_] != '"') return false;
    ++at_;
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '"') return true;
      if (c == '\\') {
        if (!escape(into)) return false;
      } else if (into != nullptr) {
        *into += c;
      }
    }
    return false;
  }

  bool escape(std::string* into) {
    if (at_ == line_.size()) return false;
    const char c = line_[at_++];
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (c == 'u') return unicode(into);
    const size_t known = kNames.find(c);
    if (known == std::string_view::npos) return false;
    if (into != nullptr) *into += kValues[known];
    return true;
  }

  bool unicode(std::string* into) {
    constexpr uint32_t kReplacement = 0xFFFD;
    std::optional<uint32_t> code = hex();
    if (!code.has_value()) return false;
    if (*code >= 0xD800 && *code < 0xDC00 && line_.substr(at_, 2) == "\\u") {
      const size_t before = std::exchange(at_, at_ + 2);
      const std::optional<uint32_t> low = hex();
      if (low.has_value() && *low >= 0xDC00 && *low < 0xE000) {
        *code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
      } else {
        at_ = before;
      }
    }
    if (*code >= 0xD800 && *code < 0xE000) *code = kReplacement;
    if (into != nullptr) append_utf8(*into, *code);
    return true;
  }

  std::optional<uint32_t> hex() {
    if (line_.size() - at_ < 4) return std::nullopt;
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      const auto c = static_cast<unsigned char>(line_[at_]);
      if (std::isxdigit(c) == 0) return std::nullopt;
      const int digit = std::isdigit(c) != 0 ? c - '0' : std::tolower(c) - 'a' + 10;
      code = code << 4 | static_cast<uint32_t>(digit);
      ++at_;
    }
    return code;
  }

  std::string_view line_;
  size_t at_ = 0;
};

}  // namespace

bool looks_like_json(std::string_view line) {
  line = without_mark(line);
  const size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || line[first] != '{') return false;
  const size_t next = line.find_first_not_of(" \t", first + 1);
  return next != std::string_view::npos && line[next] == '"';
}

JsonLine read_json_line(std::string_view line) {
  JsonLine read;
  const std::string_view content = without_mark(line);
  Report report;
  Scanner scanner(content);
  read.is_object = scanner.object(report);
  if (!read.is_object) read.wrong_at = line.size() - content.size() + scanner.at() + 1;
  if (read.is_object && !report.metrics.empty()) read.report = std::move(report);
  return read;
}

std::optional<Report> report_of_json(std::string_view line) {
  return read_json_line(line).report;
}

}  // namespace sweetspot::programs
