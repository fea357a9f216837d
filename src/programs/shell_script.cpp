#include "programs/shell_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>

#include "programs/shell_text.hpp"

namespace sweetspot::programs {
namespace {

// Words that read their arguments as commands or arithmetic.
bool reads_again(const std::string& word) {
  static const std::set<std::string> words = {"eval", "trap",    "alias",   "let",
                                              "[[",   "declare", "typeset", "local"};
  return words.contains(word);
}

// Follows a shell's text as far as quotes reach, and writes it again with variables for
// placeholders.
class Scanner : ShellText {
 public:
  using ShellText::ShellText;

  ShellScript scanned() {
    script(false);
    ShellScript result = {"", values_};
    if (values_.empty()) {
      result.text = out_;
      return result;
    }
    for (size_t i = 0; i < values_.size(); ++i) {
      result.text += fmt::format("{}{}=${{{}}} ", prefix_, i + 1, i + 1);
    }
    result.text += "; set --\n" + out_;
    return result;
  }

 private:
  struct Document {  // a here-document that begins after the line
    std::string end;
    bool is_quoted = false;
    bool strips_tabs = false;
  };

  // Commands, to the end of the text or of the parenthesis.
  void script(bool in_parenthesis) {
    begin_command();
    while (has_more()) {
      if (is_placeholder()) {
        put("\"", "\"");
        in_word_ = true;
        is_plain_ = false;
        continue;
      }
      const char c = peek();
      if (c == ')') {
        end_command();
        if (in_parenthesis) return;
        copy();
      } else if (c == '\\' || c == '\'' || c == '"' || c == '`' || c == '$') {
        in_word_ = true;
        is_plain_ = false;
        quote(c);
      } else if (c == '#' && !in_word_) {
        comment();
      } else if (c == '\n') {
        end_command();
        copy();
        documents();
      } else if (c == '(') {
        parenthesis();
      } else if (c == '<' && peek(1) == '<' && peek(2) == '<') {
        end_word();
        for (int i = 0; i < 3; ++i) copy();
      } else if (c == '<' && peek(1) == '<') {
        document_name();
      } else if (c == ';' || c == '&' || c == '|') {
        end_command();
        copy();
      } else if (c == ' ' || c == '\t' || c == '<' || c == '>') {
        end_word();
        copy();
      } else {
        in_word_ = true;
        word_ += c;
        copy();
      }
    }
    end_word();
  }

  void begin_command() {
    again_.clear();
    in_word_ = false;
    is_plain_ = true;
    word_.clear();
  }
  void end_word() {
    if (reads_again(word_)) again_ = word_;
    // The parenthesis behind each of its patterns would end $(.
    if (is_plain_ && word_ == "case" && substitutions_ > 0) doubt("behind case inside $(...)");
    in_word_ = false;
    is_plain_ = true;
    word_.clear();
  }
  void end_command() {
    end_word();
    begin_command();
  }

  void quote(char c) {
    if (c == '\\') {
      escaped();
    } else if (c == '\'') {
      single_quotes();
    } else if (c == '"') {
      double_quotes();
    } else if (c == '`') {
      backquotes();
    } else {
      dollar(false);
    }
  }

  void escaped() {
    copy();
    require_no_placeholder("behind a backslash");
    if (has_more() && peek() != '\n') word_ += peek();
    if (has_more()) copy();
  }

  void single_quotes() {
    copy();
    while (is_placeholder() || (has_more() && peek() != '\'')) {
      if (is_placeholder()) {
        put("'\"", "\"'");
      } else {
        word_ += peek();
        copy();
      }
    }
    close('\'');
  }

  void double_quotes() {
    copy();
    while (is_placeholder() || (has_more() && peek() != '"')) {
      if (is_placeholder()) {
        put("", "");
      } else if (peek() == '\\') {
        escaped();
      } else if (peek() == '`') {
        backquotes();
      } else if (peek() == '$') {
        dollar(true);
      } else {
        word_ += peek();
        copy();
      }
    }
    close('"');
  }

  void close(char quote) {
    if (!has_more()) refuse(fmt::format("the quote {} is not closed", quote));
    copy();
  }

  void backquotes() {
    copy();
    while (has_more() && (is_placeholder() || peek() != '`')) {
      require_no_placeholder("inside backquotes");
      if (peek() == '\\') {
        escaped();
      } else {
        copy();
      }
    }
    close('`');
  }

  void dollar(bool in_double_quotes) {
    word_ += '$';
    copy();
    if (peek() == '(' && peek(1) == '(') {
      arithmetic();
    } else if (peek() == '(') {
      copy();
      substitution();
    } else if (peek() == '{') {
      braces();
    } else if (peek() == '\'' && !in_double_quotes) {
      ansi_quotes();
    } else if (has_more() && std::string_view("#$?!*@-").find(peek()) != std::string_view::npos &&
               !is_placeholder()) {
      copy();
    }
  }

  void substitution() {
    if (!documents_.empty()) doubt("behind a here-document that begins before $(");
    const std::string again = again_;
    const std::string around = around_;
    const std::string word = word_;
    if (!again_.empty()) around_ = again_;
    ++substitutions_;
    script(true);
    --substitutions_;
    if (!documents_.empty()) doubt("behind a here-document that ends after its $(");
    if (!has_more()) refuse("$( is not closed");
    copy();
    again_ = again;
    around_ = around;
    word_ = word;
    in_word_ = true;
    is_plain_ = false;
  }

  void parenthesis() {
    if (!in_word_ && peek(1) == '(') return arithmetic();
    end_command();
    copy();
    script(true);
    if (!has_more()) refuse("a parenthesis is not closed");
    copy();
    begin_command();
  }

  // (( to )). Some shells run what stands in an array's index of a value.
  void arithmetic() {
    int open = 0;
    do {
      require_no_placeholder("inside ((...))");
      const char c = peek();
      if (c == '(') ++open;
      if (c == ')') --open;
      if (std::string_view("\\'\"`").find(c) != std::string_view::npos) {
        doubt("behind quotes inside ((...))");
      }
      copy();
    } while (has_more() && open > 0);
    in_word_ = true;
    is_plain_ = false;
  }

  void braces() {
    while (has_more() && peek() != '}') {
      require_no_placeholder("inside ${...}");
      const bool is_first = in_[at_ - 1].character == '$';
      if (std::string_view("\\'\"`${").find(peek()) != std::string_view::npos && !is_first) {
        doubt("behind a ${...} with quotes or more of its kind inside");
      }
      copy();
    }
    if (has_more()) copy();
  }

  // Of which some shells know that a backslash may stand before a quote.
  void ansi_quotes() {
    copy();
    while (has_more() && (is_placeholder() || peek() != '\'')) {
      require_no_placeholder("inside $'...'");
      if (peek() == '\\') doubt("behind $'...' with a backslash inside");
      copy();
    }
    close('\'');
  }

  void comment() {
    while (has_more() && peek() != '\n') {
      if (is_placeholder()) {
        out_ += '{' + *in_[at_++].placeholder + '}';
      } else {
        copy();
      }
    }
  }

  void document_name() {
    end_word();
    copy();
    copy();
    Document document;
    document.strips_tabs = peek() == '-';
    if (document.strips_tabs) copy();
    while (peek() == ' ' || peek() == '\t') copy();
    char quote = 0;
    while (has_more()) {
      require_no_placeholder("in the end of a here-document");
      const char c = peek();
      if (quote == 0 && std::string_view(" \t\n;&|<>()").find(c) != std::string_view::npos) break;
      if (c == '$' || c == '`') doubt("behind a here-document whose end has $ or `");
      if (c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
        document.is_quoted = true;
      } else if (c == '\\' && quote != '\'') {
        document.is_quoted = true;
        copy();
        if (has_more() && !is_placeholder()) document.end += peek();
        if (!has_more()) break;
        require_no_placeholder("behind a backslash");
      } else {
        document.end += c;
      }
      copy();
    }
    documents_.push_back(document);
  }

  void documents() {
    const std::vector<Document> begun = std::move(documents_);
    documents_.clear();
    for (const Document& document : begun) {
      while (has_more() && !ends(document)) document_line(document);
      while (has_more() && peek() != '\n') copy();
      if (has_more()) copy();
    }
  }

  // Whether the line that begins here is the document's end.
  bool ends(const Document& document) const {
    size_t at = at_;
    while (document.strips_tabs && at < in_.size() && in_[at].character == '\t') ++at;
    for (const char c : document.end) {
      if (at >= in_.size() || in_[at].placeholder != nullptr || in_[at].character != c) {
        return false;
      }
      ++at;
    }
    return at >= in_.size() || (in_[at].placeholder == nullptr && in_[at].character == '\n');
  }

  void document_line(const Document& document) {
    while (has_more()) {
      if (is_placeholder()) {
        if (document.is_quoted) refuse_here("in a here-document whose end is in quotes");
        put("", "");
        continue;
      }
      const char c = peek();
      if (c == '\n') {
        copy();
        return;
      }
      if (document.is_quoted) {
        copy();
      } else if (c == '\\') {
        if (peek(1) == '\n') doubt("behind a here-document with a line that goes on");
        copy();
        require_no_placeholder("behind a backslash");
        if (has_more() && peek() != '\n') copy();
      } else if (c == '`' || (c == '$' && peek(1) == '(')) {
        doubt("behind a here-document that runs commands");
        copy();
      } else if (c == '$') {
        dollar(true);
      } else {
        copy();
      }
    }
  }

  std::vector<Document> documents_;
  int substitutions_ = 0;  // $( that are open
  bool in_word_ = false;
  bool is_plain_ = true;  // the word has no quotes
};

}  // namespace

ShellScript shell_script(const std::vector<TemplatePiece>& pieces) {
  // The script may have variables of its own.
  std::string prefix = "sweetspot_";
  const auto is_taken = [&] {
    return std::any_of(pieces.begin(), pieces.end(), [&](const TemplatePiece& piece) {
      return !piece.is_placeholder && piece.text.find(prefix) != std::string::npos;
    });
  };
  while (is_taken()) prefix += '_';
  return Scanner(pieces, std::move(prefix)).scanned();
}

}  // namespace sweetspot::programs
