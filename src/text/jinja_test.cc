#include "text/jinja.h"

#include <gtest/gtest.h>

#include <ctime>

namespace ganglion {
namespace {

json::object context(std::string_view text) { return parse_json(text, "context")->as_object(); }

Result<MarkedText> render(std::string_view source, std::string_view variables = "{}",
                          const JinjaOptions& options = {}) {
  GANGLION_ASSIGN(const JinjaTemplate parsed, JinjaTemplate::parse(source, "t"));
  return parsed.render(context(variables), options);
}

std::string text_of(std::string_view source, std::string_view variables = "{}") {
  const auto text = render(source, variables);
  return text.ok() ? text->text() : "error: " + text.error().message;
}

std::string error_of(std::string_view source, std::string_view variables = "{}") {
  const auto text = render(source, variables);
  return text.ok() ? "rendered: " + text->text() : text.error().message;
}

TEST(Jinja, PrintsAsPython) {
  EXPECT_EQ(text_of("{{ [true, none, 1.0, 'it\\'s', (1,), {'k': 2}] }}{{ none }}"),
            "[True, None, 1.0, \"it's\", (1,), {'k': 2}]None");
  EXPECT_EQ(text_of("{{ 1e16 }} {{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 10 }}"),
            "1e+16 3.5 -4 2 1024");
}

TEST(Jinja, GeneratorsAreTrueAndReadOnce) {
  EXPECT_EQ(text_of("{% set g = [] | select %}{{ 'yes' if g else 'no' }}"), "yes");
  EXPECT_EQ(text_of("{% set g = [1, 2] | map('string') %}{{ g | join }}{{ g | join }}"), "12");
  EXPECT_EQ(error_of("{{ [1] | select | length }}"),
            "t:1:19: a value of type generator has no length; make a list of it with | list");
}

TEST(Jinja, TrimsAroundBlocks) {
  EXPECT_EQ(text_of("a\n  {% if true %}\n  b\n  {% endif %}\nc\n"), "a\n  b\nc");
  EXPECT_EQ(text_of("a\n  {%+ if true +%}\n{% endif %}"), "a\n  \n");
  EXPECT_EQ(text_of("{% raw %}\n {{ x }} {% endraw %}\nz"), "\n {{ x }} z");
}

TEST(Jinja, MarksWhatCameFromTheContext) {
  JinjaOptions options;
  options.frame_keys = {"eos"};
  const auto text =
      render("<{{ m.role | upper }}>{{ (m.text ~ '!')[1:-1] }}{{ eos }}{{ [m.text] | tojson }}",
             R"({"m": {"role": "user", "text": "a<|x|>b"}, "eos": "</s>"})", options);
  ASSERT_TRUE(text.ok()) << text.error().message;
  const std::vector<TextSegment> expected = {
      {"<", false},       {"USER", true},    {">", false},  {"<|x|>b", true},
      {"</s>[\"", false}, {"a<|x|>b", true}, {"\"]", false}};
  EXPECT_EQ(text->segments(), expected);
}

TEST(Jinja, EveryOperationOnTextKeepsTheMark) {
  for (const std::string_view expression : {"d.strip()",
                                            "d.split('x')[0]",
                                            "d.replace('q', 'z')",
                                            "d | trim | title | lower",
                                            "d | indent",
                                            "[d, d] | join(d)",
                                            "d | string | default('x')",
                                            "d | center(3)",
                                            "'%s' | format(d)",
                                            "'{}'.format(d)",
                                            "'%s' % d",
                                            "d.rsplit()[0]",
                                            "d.splitlines()[0]",
                                            "d.partition('x')[0]",
                                            "d * 2",
                                            "(d | list) | join",
                                            "d | reverse",
                                            "d[::-1]",
                                            "d | urlencode",
                                            "d | replace(d, d)",
                                            "d.upper() ~ d.capitalize()",
                                            "'Q'.join([d, d]).split('Q')[1]",
                                            "d.removeprefix('y')",
                                            "d.ljust(1)",
                                            "{'a': d} | map('upper') | first or d"}) {
    SCOPED_TRACE(expression);
    const auto text = render("{{ " + std::string(expression) + " }}", R"({"d": "<|im_end|>"})");
    ASSERT_TRUE(text.ok()) << text.error().message;
    if (expression.starts_with("{'a'")) continue;
    for (const TextSegment& segment : text->segments())
      EXPECT_TRUE(segment.is_data) << segment.text;
  }
}

TEST(Jinja, ErrorsNameThePlace) {
  EXPECT_EQ(error_of("ab\n {{ x.y }}"), "t:2:6: \"x\" is undefined");
  EXPECT_EQ(error_of("{{ 1 + }}"), "t:1:8: expected a value, found \"}}\"");
  EXPECT_EQ(error_of("{% if true %}"), "t:1:4: the block that begins here has no {% endif %}");
  EXPECT_EQ(error_of("{{ 'a"), "t:1:4: the text here is never closed by its quote");
  EXPECT_EQ(error_of("{% include 'x' %}"), "t:1:4: chat templates have no \"include\"");
  EXPECT_EQ(error_of("{{ 'é' | uper }}"),
            "t:1:10: unknown filter \"uper\"; did you mean \"upper\"?");
  EXPECT_EQ(error_of("{{ raise_exception('No ' ~ 1) }}"),
            "t:1:19: the template refuses this: No 1");
  EXPECT_EQ(error_of("{% macro m(a) %}{{ a + 1 }}{% endmacro %}\n{{ m('x') }}"),
            "t:1:22: + does not work on str and int; ~ joins as text");
  EXPECT_EQ(error_of("{{ [1].append(2) }}"),
            "t:1:14: templates cannot change a list; build another one, or use a namespace");
  EXPECT_EQ(JinjaTemplate::parse("a\n\xFF", "t").error().message, "t:2:1: invalid UTF-8");
}

TEST(Jinja, ReachesNothingButTheContext) {
  EXPECT_EQ(
      text_of("{{ ''.__class__ }}{{ x['__class__'] }}{{ x.__init__ is defined }}", R"({"x": {}})"),
      "False");
  EXPECT_EQ(error_of("{{ ''.__class__.__mro__ }}"),
            "t:1:16: a value of type str has no member \"__class__\"");
  EXPECT_EQ(error_of("{{ cycler.__init__.__globals__ }}"), "t:1:10: \"cycler\" is undefined");
  EXPECT_EQ(error_of("{{ range.__call__() }}"),
            "t:1:18: a value of type function has no member \"__call__\"");
}

struct Hostile {
  const char* source;
  const char* message;
};

TEST(Jinja, HostileTemplatesEndInTime) {
  const std::string deep = std::string(100'000, '(') + "1" + std::string(100'000, ')');
  const std::string chain = "1" + [] {
    std::string s;
    for (int i = 0; i < 50'000; ++i) s += "+1";
    return s;
  }();
  const std::string nots = [] {
    std::string s;
    for (int i = 0; i < 50'000; ++i) s += "not ";
    return s;
  }();
  const Hostile cases[] = {
      {"{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "bytes"},
      {"{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% "
       "endfor %}",
       "bytes"},
      {"{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% "
       "endfor %}",
       "bytes"},
      {"{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor "
       "%}",
       "nested deeper"},
      {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested deeper"},
      {"{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "nested deeper"},
      {"{{ 'x' * 9999999999 }}", "repeated"},
      {"{{ 'x' * 4000000000 }}", "bytes"},
      {"{{ range(100001) }}", "more than 100000"},
      {"{{ range(-9223372036854775807, 9223372036854775807, 1) }}", "more than 100000"},
      {"{{ 9223372036854775807 + 1 }}", "64 bits"},
      {"{{ 3 ** 64 }}", "64 bits"},
      {"{{ 10.0 ** 999 }}", "no finite"},
      {"{{ 1 // 0 }}", "division by zero"},
      {"{{ -9223372036854775807 - 2 }}", "64 bits"},
      {"{{ '%999999s' % 1 }}", "width"},
      {"{{ 'a' | center(99999999999) }}", "width"},
      {"{{ 'a' | indent(9999999) }}", "above 1000"},
      {"{% set ns = namespace() %}{% set ns.self = ns %}{{ ns }}{{ ns.self.self | tojson }}",
       "JSON"},
      {"{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% "
       "endfor %}{{ ns.x }}",
       "steps"},
      {"{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] "
       "%}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
       "steps"},
      {"{% set x = 'a' * 9000000 %}{% for i in range(99999) %}{{ x.rfind('a' * 4000000 ~ 'b') }}{% "
       "endfor %}",
       "steps"},
  };
  for (const Hostile& one : cases) {
    SCOPED_TRACE(one.source);
    const std::clock_t begin = std::clock();
    const auto text = render(one.source);
    ASSERT_FALSE(text.ok());
    EXPECT_NE(text.error().message.find(one.message), std::string::npos) << text.error().message;
    EXPECT_LT(std::clock() - begin, 20 * CLOCKS_PER_SEC);
  }
  for (const std::string& expression : {deep, chain, nots + "1"}) {
    const auto text = render("{{ " + expression + " }}");
    ASSERT_FALSE(text.ok());
    EXPECT_NE(text.error().message.find("nested too deep"), std::string::npos)
        << text.error().message;
  }
}

TEST(Jinja, TheContextIsLimitedToo) {
  EXPECT_EQ(error_of("{{ x }}", R"({"x": 18446744073709551615})"),
            "t:a whole number of the context is beyond 64 bits");
}

TEST(Jinja, TellsTheTimeItIsGiven) {
  JinjaOptions options;
  options.now.tm_year = 125;
  options.now.tm_mon = 6;
  options.now.tm_mday = 10;
  options.now.tm_hour = 12;
  const auto text = render("{{ strftime_now('%d %b %Y, %-H:%M %B%%') }}", "{}", options);
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(text->text(), "10 Jul 2025, 12:00 July%");
}

}  // namespace
}  // namespace ganglion
