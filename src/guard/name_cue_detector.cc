// Names that the words around give away, without a model: after a title ("Mrs. Okafor", "Herr de
// Boer"), after an introduction ("my name is …", "je m'appelle …"), below a closing ("Sincerely"),
// and as a signature in the last line. Only capitalised words are taken.
#include <algorithm>
#include <array>
#include <string_view>

#include "guard/detector.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kMaxNameWords = 4;
constexpr double kTitleScore = 0.7;
constexpr double kEndScore = 0.55;

// Folded words, as in cue_lexicon.cc.
constexpr std::string_view kTitles =
    "|mr|mrs|ms|miss|mister|dr|prof|herr|herrn|frau|monsieur|madame|mme|mlle|senor|senora|sr|sra|"
    "don|dona|meneer|mevrouw|dhr|mevr|mw|signor|signora|sig|dott|pan|pani|";
constexpr std::string_view kParticles =
    "|van|von|de|der|den|del|della|di|da|la|le|du|ter|zu|dos|el|bin|";
constexpr std::string_view kIntroductions =
    "|name is|name ist|heisse ich|ich heiße|ich heisse|m appelle|me llamo|nombre es|naam is|mi "
    "chiamo|"
    "i am called|called me|last name|first name|full name|";
constexpr std::string_view kClosings =
    "|regards|sincerely|cheers|thanks|thx|yours|gruß|gruss|grüße|grusse|gruße|grussen|grüßen|dank|"
    "lg|mfg|vg|"
    "cordialement|merci|saludos|saludo|atentamente|gracias|groet|groeten|groetjes|saluti|grazie|"
    "pozdrawiam|obrigado|obrigada|truly|faithfully|wishes|";
// Capitalised words that end a text and name nobody.
constexpr std::string_view kNoNames =
    "|team|support|service|regards|thanks|thank|you|dank|vielen|viele|beste|mit|freundlichen|"
    "freundliche|liebe|best|kind|warm|many|customer|sent|from|my|iphone|android|outlook|please|"
    "help|"
    "danke|bitte|merci|gracias|grazie|bedankt|hello|hallo|hi|bonjour|hola|dear|yes|no|ok|the|and|"
    "gmbh|ltd|inc|llc|bv|sa|ag|srl|sl|company|account|order|department|office|saludos|un|con|een|"
    "cordiali|cordialement|bien|met|vriendelijke|alvast|grusse|gruße|urgent|asap|via|street|road|";

bool is_in(std::string_view list, std::string_view folded) {
  for (size_t at = list.find(folded); at != std::string_view::npos && !folded.empty();
       at = list.find(folded, at + 1)) {
    if (list[at - 1] == '|' && list[at + folded.size()] == '|') return true;
  }
  return false;
}

class NameReader {
 public:
  explicit NameReader(const ScannedText& scan) : scan_(scan) {}

  size_t size() const { return scan_.lexemes().size(); }

  bool is_listed(std::string_view list, size_t index) const {
    char folded[32];
    const std::string_view word = scan_.word(scan_.lexemes()[index]);
    return is_in(list, {folded, fold_word(word, folded, sizeof folded)});
  }

  // "Okafor", "O", "McBride"; no digits, not in capitals throughout (headings, products).
  bool is_name_word(size_t index) const {
    const Lexeme& lexeme = scan_.lexemes()[index];
    const std::string_view word = scan_.word(lexeme);
    if (lexeme.has_digit() || !is_upper(decode_utf8(word, 0).value)) return false;
    return word.size() == 1 || lexeme.kinds != Lexeme::kUpper;
  }

  // The index after a name that starts at `first`, or `first`. Words are joined by a space, a dash,
  // an apostrophe, or ". " after an initial.
  size_t name_end(size_t first) const {
    size_t end = first;
    for (size_t i = first; i < size() && i < first + kMaxNameWords; ++i) {
      if (i > first && !is_joined(i)) break;
      if (is_name_word(i)) {
        end = i + 1;
      } else if (i + 1 == size() || scan_.lexemes()[i].size() > 5 || !is_joined(i + 1) ||
                 !is_listed(kParticles, i)) {
        break;
      }
    }
    return end;
  }

  std::string_view gap_before(size_t index) const {
    const size_t begin = index == 0 ? 0 : scan_.lexemes()[index - 1].end;
    return scan_.text().substr(begin, scan_.lexemes()[index].begin - begin);
  }

 private:
  bool is_joined(size_t index) const {
    const std::string_view gap = gap_before(index);
    const bool initial = scan_.lexemes()[index - 1].size() == 1;
    return gap == " " || gap == "-" || gap == "'" || gap == "\xE2\x80\x99" ||
           (initial && (gap == ". " || gap == "."));
  }

  const ScannedText& scan_;
};

class NameCueDetector final : public Detector {
 public:
  std::string_view name() const override { return "names by their cues"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const NameReader reader(scan);
    for (size_t i = 0; i + 1 < reader.size(); ++i) {
      if (scan.lexemes()[i].size() > 12 || scan.lexemes()[i].has_digit()) continue;
      if (reader.name_end(i + 1) == i + 1) continue;  // cheap, and true for most words
      const bool cue = follows_title(reader, i) || follows_introduction(scan, reader, i) ||
                       follows_closing(reader, i);
      if (cue) add(scan, i + 1, reader.name_end(i + 1), kTitleScore, findings);
    }
    find_last_words(scan, reader, findings);
    return {};
  }

 private:
  static bool follows_title(const NameReader& reader, size_t i) {
    const std::string_view gap = reader.gap_before(i + 1);
    return (gap == " " || gap == ". ") && reader.is_listed(kTitles, i) && reader.is_name_word(i);
  }

  static bool follows_introduction(const ScannedText& scan, const NameReader& reader, size_t i) {
    const std::string_view gap = reader.gap_before(i + 1);
    if (i == 0 || (gap != " " && gap != ": ")) return false;
    const std::string_view phrase = scan.text().substr(
        scan.lexemes()[i - 1].begin, scan.lexemes()[i].end - scan.lexemes()[i - 1].begin);
    char folded[40];
    const size_t size = fold_word(phrase, folded, sizeof folded);
    std::replace(folded, folded + size, '\'', ' ');
    return is_in(kIntroductions, {folded, size});
  }

  // "Sincerely,\nAnn Lee": the name is alone on its line.
  static bool follows_closing(const NameReader& reader, size_t i) {
    const std::string_view gap = reader.gap_before(i + 1);
    return gap.find('\n') != std::string_view::npos && gap.size() <= 4 &&
           reader.is_listed(kClosings, i) && !reader.is_listed(kNoNames, i + 1);
  }

  static void add(const ScannedText& scan, size_t first, size_t last, double score,
                  std::vector<Finding>& findings) {
    if (last == first) return;
    findings.push_back(
        {PiiType::kPerson, scan.lexemes()[first].begin, scan.lexemes()[last - 1].end, score});
  }

  // Two to four capitalised words that start a sentence near the end of the text, and end it or
  // their line or stand before a comma: a signature.
  static void find_last_words(const ScannedText& scan, const NameReader& reader,
                              std::vector<Finding>& findings) {
    constexpr size_t kSignatureBytes = 120;
    const std::string_view text = scan.text();
    for (size_t i = reader.size(); i-- > 1;) {
      if (scan.lexemes()[i].begin + kSignatureBytes < text.size()) return;
      if (reader.gap_before(i).find_first_of(".!?\n") == std::string_view::npos) continue;
      const size_t end = reader.name_end(i);
      if (end < i + 2 || any_listed(reader, i, end)) continue;
      const std::string_view after = text.substr(scan.lexemes()[end - 1].end);
      if (after.empty() || after[0] == '\n' || after[0] == ',' || after == ".") {
        add(scan, i, end, kEndScore, findings);
      }
    }
  }

  static bool any_listed(const NameReader& reader, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (reader.is_listed(kNoNames, i)) return true;
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<Detector> make_name_cue_detector() { return std::make_unique<NameCueDetector>(); }

}  // namespace ganglion
