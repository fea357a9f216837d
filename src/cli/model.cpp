// sweetspot model: the named networks, and what any network comes to.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "models/model.hpp"
#include "models/model_file.hpp"
#include "models/named_models.hpp"
#include "sweetspot/error.hpp"
#include "train/stages.hpp"

namespace sweetspot::cli {
namespace {

struct ShowRequest {
  std::string model;
  double width = 1;
  std::string input;
  int classes = 10;
  int batch_size = 100;
  bool file = false;
};

train::ImageShape shape_of(const std::string& text) {
  const auto refuse = [&] {
    throw Error(ErrorKind::usage,
                fmt::format("input {}: write HEIGHTxWIDTHxCHANNELS, as 32x32x3", text));
  };
  std::vector<int> sizes;
  for (const std::string& part : split(text, 'x')) {
    const std::optional<double> size = parse_number(part);
    if (!size.has_value() || !(*size >= 1 && *size <= 10000) || *size != static_cast<int>(*size)) {
      refuse();
    }
    sizes.push_back(static_cast<int>(*size));
  }
  if (sizes.size() != 3) refuse();
  return {sizes[2], sizes[0], sizes[1]};
}

train::Network network_of(const ShowRequest& request) {
  models::Model model = models::chosen_model(request.model);
  // A named network's file says what images it is meant for, too.
  if (model.layers.empty()) model = models::parse_model(model.name, models::model_text(model.name));
  const std::string& meant = model.input.empty() ? std::string("28x28x1") : model.input;
  return models::network_of(model, request.width,
                            shape_of(request.input.empty() ? meant : request.input),
                            request.classes);
}

std::string text_of(const train::LayerOutput& output) {
  return output.is_flat ? with_thousands(output.shape.channels) : train::text_of(output.shape);
}

std::vector<std::vector<std::string>> table_of(const train::Network& network,
                                               const train::Stages& stages) {
  std::vector<std::vector<std::string>> rows = {
      {"layer", "", "output", "weights", "operations an image, forward"}};
  size_t convolution = 0;
  size_t dense = 0;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    std::vector<std::string> row = {fmt::format("{}", i + 1), train::text_of(network.layers[i]),
                                    text_of(stages.outputs[i])};
    const auto add_stage = [&](const auto& stage) {
      row.push_back(with_thousands(static_cast<long long>(train::weight_count(stage))));
      row.push_back(with_thousands(std::llround(train::forward_operations(stage))));
    };
    const train::LayerKind kind = network.layers[i].kind;
    if (kind == train::LayerKind::conv) add_stage(stages.convolutions[convolution++]);
    if (kind == train::LayerKind::dense) add_stage(stages.dense[dense++]);
    rows.push_back(std::move(row));
  }
  return rows;
}

int show_model(const ShowRequest& request) {
  if (request.file) {
    print("{}", models::model_text(request.model));
    return 0;
  }
  if (request.classes < 1 || request.classes > 256) {
    throw Error(ErrorKind::usage, fmt::format("--classes {}: from 1 to 256", request.classes));
  }
  if (request.batch_size < 1) {
    throw Error(ErrorKind::usage, fmt::format("--batch-size {}: at least 1", request.batch_size));
  }
  const train::Network network = network_of(request);
  const train::Stages stages = train::stages_of(network);
  print("{}", aligned_columns(table_of(network, stages)));
  const double operations = train::operations_per_step(stages, request.batch_size);
  print("\n{} on {} of {} classes: {} weights, {} million operations a step of {} images\n",
        request.model, train::text_of(network.input), network.classes,
        with_thousands(static_cast<long long>(train::weight_count(stages))),
        with_thousands(std::llround(operations / 1e6)), request.batch_size);
  return 0;
}

int list_models() {
  for (const std::string& name : models::model_names()) {
    const std::string_view text = models::model_text(name);
    std::string about;
    for (const std::string& line : split(text, '\n')) {
      if (!line.starts_with("# ")) break;
      about += (about.empty() ? "" : " ") + line.substr(2);
    }
    print("{:<10} {}\n", name, about);
  }
  return 0;
}

}  // namespace

void add_model(CLI::App& program, int& exit_code) {
  CLI::App* model = program.add_subcommand(
      "model", "The named networks, and the shapes, weights and operations of any");
  model->require_subcommand(1);
  model->footer(
      "A network of one's own is a model file: start from one of the named ones, as\n"
      "  sweetspot model show small --file > mine.toml\n"
      "  sweetspot model show mine.toml\n"
      "  sweetspot sweep --model mine.toml\n"
      "docs/models.md has the layers and their keys.");
  CLI::App* list = model->add_subcommand("list", "The named networks");
  list->callback([&exit_code] { exit_code = list_models(); });
  auto request = std::make_shared<ShowRequest>();
  CLI::App* show = model->add_subcommand(
      "show", "Each layer's output shape, weights and operations, and what they come to");
  show->add_option("MODEL", request->model, models::choices_text())->required();
  show->add_option("--width", request->width, "Times the filters of every convolution [1]");
  show->add_option("--input", request->input,
                   "HEIGHTxWIDTHxCHANNELS of the images [as its file says, or 28x28x1]");
  show->add_option("--classes", request->classes, "[10]");
  show->add_option("--batch-size", request->batch_size, "Images a step [100]");
  show->add_flag("--file", request->file, "Print a named network's file instead");
  show->callback([request, &exit_code] { exit_code = show_model(*request); });
}

}  // namespace sweetspot::cli
