#include "evaluation/html_text.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(HtmlText, MakesMarkupInert) {
  EXPECT_EQ(html_text("<script>alert('x')</script>"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  EXPECT_EQ(html_text("\" onload=\"x & y"), "&quot; onload=&quot;x &amp; y");
  EXPECT_EQ(html_text("Grüße, 漢字 🙂\n\ttab"), "Grüße, 漢字 🙂\n\ttab");
}

TEST(HtmlText, ReplacesWhatDisguises) {
  EXPECT_EQ(html_text(std::string_view("a\0b\x1b[31m", 8)), "a\uFFFDb\uFFFD[31m");
  EXPECT_EQ(html_text("\u202Egnp.exe"), "\uFFFDgnp.exe");
  EXPECT_EQ(html_text("\xff\xc3"), "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace ganglion
