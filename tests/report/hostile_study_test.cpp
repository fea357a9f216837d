// Whatever a study's texts and values are, its report is drawn, and text stays text. page_test.js
// looks at the same studies in a browser.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "report/csv.hpp"
#include "report/figures.hpp"
#include "report/page.hpp"
#include "report/png.hpp"
#include "report/table.hpp"
#include "report/write_report.hpp"
#include "support/hostile_study.hpp"
#include "support/temporary_folder.hpp"

namespace sweetspot::report {
namespace {

using namespace testing_support;

size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// Every figure of a part, each an SVG that a strict reader takes and that has numbers in it alone.
std::vector<std::string> drawn(const std::string& part, const std::string& json) {
  FigureScript script;
  const std::vector<std::string> names = script.names(part, json);
  for (const std::string& name : names) {
    const std::string svg = script.svg(name, json);
    EXPECT_TRUE(png_of(svg, 0.5).starts_with("\x89PNG")) << name;
    for (const char* wrong : {"NaN", "undefined", "Infinity", "<img", "<script", "<svg/", "<a "}) {
      EXPECT_EQ(svg.find(wrong), std::string::npos) << name << " has " << wrong;
    }
  }
  return names;
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(HostileStudy, FiguresShowTextsAsTexts) {
  EXPECT_EQ(drawn("sweep", to_json(hostile_sweep(), -1)).size(), 4U);
  EXPECT_EQ(drawn("tune", to_json(hostile_search(hostile_texts(), 60), -1)).size(), 4U);
  EXPECT_EQ(drawn("size", to_json(hostile_sizes(), -1)).size(), 3U);
}

TEST(HostileStudy, ChoicesThatLookAlikeStayApart) {
  // The first differ in what cannot be seen, the next far behind what a legend has room for.
  const std::string longer(200, 'x');
  const std::vector<std::string> choices = {"a\x01", "a\x02", longer + "1", longer + "2", ""};
  FigureScript script;
  const std::string svg = script.svg("search-trials", to_json(hostile_search(choices, 20), -1));
  for (const char* name :
       {">a\\u0001<", ">a\\u0002<", "\xe2\x80\xa6<", "\xe2\x80\xa6 (2)<", ">(empty)<"}) {
    EXPECT_NE(svg.find(name), std::string::npos) << name;
  }
}

// 0, what is below it and what is no number: at the edge, which says so.
TEST(HostileStudy, ValuesWithoutAPlaceStandAtTheEdge) {
  const Summary search = hostile_search({"a", "b"}, 60);
  const std::string json = without_places(search);
  EXPECT_EQ(drawn("tune", json).size(), 4U);
  FigureScript script;
  const std::string svg = script.svg("search-trials", json);
  for (const char* edge : {">off the scale<", ">0, near 0<", ">more<"}) {
    EXPECT_NE(svg.find(edge), std::string::npos) << edge;
  }
  EXPECT_NE(svg.find("at the edge: has no place on this scale"), std::string::npos);
  EXPECT_NE(svg.find("stroke-dasharray"), std::string::npos);
  const std::string usual = script.svg("search-trials", to_json(search, -1));
  EXPECT_EQ(usual.find("at the edge"), std::string::npos);
}

TEST(HostileStudy, ATargetThatIsReachedAtStepZeroIsDrawn) {
  FigureScript script;
  const std::string svg = script.svg("time-to-train", to_json(hostile_sweep(), -1));
  EXPECT_NE(svg.find("dashed, at the edge"), std::string::npos);
  EXPECT_NE(svg.find("stroke-dasharray"), std::string::npos);
  // Nothing but zeros.
  Summary zeros = hostile_sweep();
  for (TrialSummary& t : zeros.trials) t.trial.steps = 0;
  drawn("sweep", to_json(of_seed(zeros, 1), -1));
}

TEST(HostileStudy, OfHundredsOfChoicesTheBestAreShown) {
  std::vector<std::string> choices;
  for (int i = 0; i < 400; ++i) choices.push_back(fmt::format("choice {}", i));
  const std::string json = to_json(hostile_search(choices, 800), -1);
  EXPECT_EQ(drawn("tune", json).size(), 4U);
  FigureScript script;
  const std::string svg = script.svg("search-trials", json);
  EXPECT_NE(svg.find("the best 19 of 400 choices"), std::string::npos);
  EXPECT_NE(svg.find(">the other 381<"), std::string::npos);
  // Among them the answer's, though smoothing may have chosen one that is none of the best.
  EXPECT_NE(svg.find("large mark: the answer, choice "), std::string::npos);
}

TEST(HostileStudy, AnImageIsNoLargerThanImagesCanBe) {
  EXPECT_TRUE(png_of("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"60000\"/>", 2)
                  .starts_with("\x89PNG"));
}

TEST(HostileStudy, EveryHeaderOfACsvIsQuoted) {
  const Summary sweep = hostile_sweep();
  const std::string markup = "\"<img src=x onerror=\"\"window.ran='img'\"\">\"";
  const std::string curves = curves_csv(sweep);
  EXPECT_EQ(curves.substr(0, curves.find('\n')), "number,step," + markup + ",\"a,b\"");
  const std::string trials = trials_csv(sweep);
  EXPECT_TRUE(
      trials.starts_with("number,\"<b>choice</b><img src=x onerror=\"\"window.ran='img'\"\">\","))
      << trials.substr(0, 200);
  EXPECT_NE(trials.find(",given_up_at," + markup + ",\"a,b\",origin"), std::string::npos)
      << trials.substr(0, 400);
}

TEST(HostileStudy, ThePolicyNamesThePagesOwnScriptAndStyle) {
  // SHA-256 of nothing and of "abc".
  EXPECT_EQ(content_security_policy("", "abc"),
            "default-src 'none'; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
            "script-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='; base-uri 'none'; "
            "form-action 'none'");
  const Summary sweep = hostile_sweep();
  const std::string html =
      page_html({.parts = {&sweep}, .part_json = {to_json(sweep, -1)}, .claims = {}, .files = {}});
  const auto between = [&](const char* begin, const char* end) {
    const size_t at = html.find(begin) + std::string(begin).size();
    return html.substr(at, html.find(end, at) - at);
  };
  const std::string policy = between("http-equiv=\"Content-Security-Policy\" content=\"", "\">");
  EXPECT_EQ(policy, content_security_policy(between("<style>", "</style>"),
                                            between("\n<script>", "</script>")));
  EXPECT_EQ(html.find("unsafe-"), std::string::npos);
}

TEST(HostileStudy, ThePageHasNoElementOfTheStudys) {
  const TemporaryFolder folder;
  std::vector<Summary> parts = {hostile_sweep(), hostile_search({"a", "b"}, 30)};
  parts.push_back(parts[0]);
  parts.back().part = "../" + hostile_texts()[0] + "/abs\n" + hostile_texts()[1];
  const auto output = folder.path() / "deep" / "report";
  const std::vector<std::string> files = write_report(parts, output, true);
  const std::string html = contents(output / "index.html");
  for (const char* tag : {"<img", "<svg", "<iframe", "<b>", "href=\"javascript"}) {
    EXPECT_EQ(count_of(html.substr(0, html.find("<script")), tag), 0U) << tag;
  }
  EXPECT_EQ(count_of(html, "</script"), 2U);
  // Names of parts are no paths.
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(output)) {
    EXPECT_TRUE(entry.is_regular_file());
    names.insert(entry.path().filename().string());
  }
  EXPECT_EQ(names, std::set<std::string>(files.begin(), files.end()));
  EXPECT_TRUE(names.contains("part-3-trials.csv"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().filename(), "deep");
  }
}

// A grid of texts alone has no number, and so neither a band nor a best one.
TEST(GridOfTexts, HasNoBand) {
  Summary summary = hostile_record(study::Kind::sweep, {"a", "b"});
  summary.record.settings.command->grid = {{"choice", {std::string("a"), std::string("b")}}};
  for (const char* choice : {"a", "b"}) {
    TrialSummary t = hostile_trial(summary, choice, 0);
    t.trial.config = {{"choice", std::string(choice)}};
    summary.trials.push_back(std::move(t));
  }
  summary = of_seed(summary, 1);
  const std::string text = table(summary);
  EXPECT_EQ(text.find("0 .. 0"), std::string::npos) << text;
  EXPECT_EQ(text.find("band"), std::string::npos) << text;
  EXPECT_NE(
      text.find("choice  reached  steps  the others\na       1/1      10\nb       1/1      17\n"),
      std::string::npos)
      << text;
  const Json json = Json::parse(to_json(summary, -1));
  EXPECT_TRUE(json["optimizers"][0]["band"].is_null());
  EXPECT_TRUE(json["optimizers"][0]["best"]["learning_rate"].is_null());
  EXPECT_EQ(json["optimizers"][0]["best"]["steps"], 10);
  EXPECT_NE(bands_csv(summary).find("\na,1,1,,,,10\n"), std::string::npos) << bands_csv(summary);
  EXPECT_EQ(drawn("sweep", json.dump()), (std::vector<std::string>{"choices", "curves"}));
}

}  // namespace
}  // namespace sweetspot::report
