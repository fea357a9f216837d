// A C++ program with libtorch that reports to sweetspot by the client's one header. Needs
// libtorch-dev.
//   sweetspot tune --command './libtorch {learning_rate}' --learning-rates 1e-4:1 --minimize loss
#include <torch/torch.h>

#include <cstdlib>
#include <sweetspot/client.hpp>

int main(int count, char** arguments) {
  const double rate = count > 1 ? std::atof(arguments[1]) : 0.01;
  torch::manual_seed(1);
  torch::set_num_threads(1);
  const auto inputs = torch::linspace(-2, 2, 200).unsqueeze(1);
  const auto wanted = torch::sin(2 * inputs);
  torch::nn::Sequential model(torch::nn::Linear(1, 32), torch::nn::Tanh(),
                              torch::nn::Linear(32, 1));
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(rate));
  if (const auto from = sweetspot::client::resume_dir()) torch::load(model, *from / "model.pt");
  for (int step = 1; step <= 200; ++step) {
    const auto loss = torch::mse_loss(model->forward(inputs), wanted);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 20 != 0) continue;
    if (const auto folder = sweetspot::client::checkpoint_dir()) {
      torch::save(model, *folder / "model.pt");
    }
    sweetspot::client::report(static_cast<std::uint64_t>(step), {{"loss", loss.item<double>()}});
    if (sweetspot::client::should_stop()) break;
  }
}
