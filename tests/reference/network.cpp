#include "reference/network.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::reference {
namespace {

struct Tensor {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<double> values;

  Tensor(int h, int w, int c)
      : height(h), width(w), channels(c), values(static_cast<size_t>(h * w * c)) {}
  double& at(int y, int x, int c) {
    return values[static_cast<size_t>((y * width + x) * channels + c)];
  }
  bool inside(int y, int x) const { return y >= 0 && y < height && x >= 0 && x < width; }
};

class ImagePass {
 public:
  ImagePass(const train::Network& network, std::span<const double> weights,
            std::vector<double>& gradient, std::function<bool(size_t, int)> kept)
      : network_(network), weights_(weights), gradient_(gradient), kept_(std::move(kept)) {}

  // Returns logits.
  std::vector<double> forward(const Image& image) {
    Tensor input(network_.input.height, network_.input.width, network_.input.channels);
    input.values = image.pixels;
    tensors_.push_back(std::move(input));
    size_t parameter = 0;
    for (size_t i = 0; i < network_.layers.size(); ++i) {
      first_parameter_.push_back(parameter);
      tensors_.push_back(forward_layer(i, tensors_.back(), parameter));
    }
    return tensors_.back().values;
  }

  void backward(const std::vector<double>& logit_gradient) {
    std::vector<double> upstream = logit_gradient;
    for (size_t i = network_.layers.size(); i-- > 0;) {
      Tensor gradient(tensors_[i].height, tensors_[i].width, tensors_[i].channels);
      backward_layer(i, first_parameter_[i], tensors_[i], tensors_[i + 1], upstream, gradient);
      upstream = gradient.values;
    }
  }

 private:
  static int padding(const train::Layer& layer) {
    return layer.padding == train::Padding::same ? (layer.kernel - 1) / 2 : 0;
  }

  static size_t tap(const train::Layer& layer, int channels, int ky, int kx, int c, int f) {
    return static_cast<size_t>(((ky * layer.kernel + kx) * channels + c) * layer.size + f);
  }

  Tensor forward_layer(size_t number, Tensor& in, size_t& parameter) {
    const train::Layer& layer = network_.layers[number];
    switch (layer.kind) {
      case train::LayerKind::conv: {
        const int pad = padding(layer);
        const int shrink = layer.padding == train::Padding::same ? 0 : layer.kernel - 1;
        Tensor out(in.height - shrink, in.width - shrink, layer.size);
        const size_t bias =
            parameter + static_cast<size_t>(layer.kernel * layer.kernel * in.channels * layer.size);
        for (int y = 0; y < out.height; ++y) {
          for (int x = 0; x < out.width; ++x) {
            for (int f = 0; f < layer.size; ++f) {
              double sum = weights_[bias + static_cast<size_t>(f)];
              for (int ky = 0; ky < layer.kernel; ++ky) {
                for (int kx = 0; kx < layer.kernel; ++kx) {
                  if (!in.inside(y + ky - pad, x + kx - pad)) continue;
                  for (int c = 0; c < in.channels; ++c) {
                    sum += in.at(y + ky - pad, x + kx - pad, c) *
                           weights_[parameter + tap(layer, in.channels, ky, kx, c, f)];
                  }
                }
              }
              out.at(y, x, f) = sum;
            }
          }
        }
        parameter = bias + static_cast<size_t>(layer.size);
        return out;
      }
      case train::LayerKind::relu: {
        Tensor out = in;
        for (double& value : out.values) value = value > 0 ? value : 0;
        return out;
      }
      case train::LayerKind::maxpool: {
        Tensor out(in.height / layer.size, in.width / layer.size, in.channels);
        for (int y = 0; y < out.height; ++y) {
          for (int x = 0; x < out.width; ++x) {
            for (int c = 0; c < out.channels; ++c) {
              double largest = in.at(y * layer.size, x * layer.size, c);
              for (int i = 0; i < layer.size * layer.size; ++i) {
                largest = std::max(largest, in.at(y * layer.size + i / layer.size,
                                                  x * layer.size + i % layer.size, c));
              }
              out.at(y, x, c) = largest;
            }
          }
        }
        return out;
      }
      case train::LayerKind::dropout: {
        Tensor out = in;
        for (size_t i = 0; i < in.values.size(); ++i) {
          out.values[i] *= kept_(number, static_cast<int>(i)) ? 1 / (1 - layer.rate) : 0;
        }
        return out;
      }
      case train::LayerKind::dense: {
        Tensor out(1, 1, layer.size);
        const size_t bias = parameter + in.values.size() * static_cast<size_t>(layer.size);
        for (int unit = 0; unit < layer.size; ++unit) {
          double sum = weights_[bias + static_cast<size_t>(unit)];
          for (size_t i = 0; i < in.values.size(); ++i) {
            sum += in.values[i] * weights_[parameter + i * static_cast<size_t>(layer.size) +
                                           static_cast<size_t>(unit)];
          }
          out.at(0, 0, unit) = sum;
        }
        parameter = bias + static_cast<size_t>(layer.size);
        return out;
      }
      case train::LayerKind::flatten: {
        Tensor out(1, 1, static_cast<int>(in.values.size()));
        out.values = in.values;
        return out;
      }
    }
    return in;
  }

  void backward_layer(size_t number, size_t parameter, Tensor& in, Tensor& out,
                      const std::vector<double>& upstream, Tensor& gradient) {
    const train::Layer& layer = network_.layers[number];
    const auto up = [&](int y, int x, int c) {
      return upstream[static_cast<size_t>((y * out.width + x) * out.channels + c)];
    };
    switch (layer.kind) {
      case train::LayerKind::conv: {
        const int pad = padding(layer);
        const size_t bias =
            parameter + static_cast<size_t>(layer.kernel * layer.kernel * in.channels * layer.size);
        for (int y = 0; y < out.height; ++y) {
          for (int x = 0; x < out.width; ++x) {
            for (int f = 0; f < layer.size; ++f) {
              const double g = up(y, x, f);
              gradient_[bias + static_cast<size_t>(f)] += g;
              for (int ky = 0; ky < layer.kernel; ++ky) {
                for (int kx = 0; kx < layer.kernel; ++kx) {
                  if (!in.inside(y + ky - pad, x + kx - pad)) continue;
                  for (int c = 0; c < in.channels; ++c) {
                    const size_t at = parameter + tap(layer, in.channels, ky, kx, c, f);
                    gradient_[at] += g * in.at(y + ky - pad, x + kx - pad, c);
                    gradient.at(y + ky - pad, x + kx - pad, c) += g * weights_[at];
                  }
                }
              }
            }
          }
        }
        return;
      }
      case train::LayerKind::relu:
        for (size_t i = 0; i < in.values.size(); ++i) {
          gradient.values[i] = in.values[i] > 0 ? upstream[i] : 0;
        }
        return;
      case train::LayerKind::maxpool:
        for (int y = 0; y < out.height; ++y) {
          for (int x = 0; x < out.width; ++x) {
            for (int c = 0; c < out.channels; ++c) {
              for (int i = 0; i < layer.size * layer.size; ++i) {
                const int in_y = y * layer.size + i / layer.size;
                const int in_x = x * layer.size + i % layer.size;
                if (in.at(in_y, in_x, c) == out.at(y, x, c)) {
                  gradient.at(in_y, in_x, c) = up(y, x, c);
                  break;
                }
              }
            }
          }
        }
        return;
      case train::LayerKind::dropout:
        for (size_t i = 0; i < in.values.size(); ++i) {
          gradient.values[i] =
              kept_(number, static_cast<int>(i)) ? upstream[i] / (1 - layer.rate) : 0;
        }
        return;
      case train::LayerKind::dense: {
        const auto units = static_cast<size_t>(layer.size);
        const size_t bias = parameter + in.values.size() * units;
        for (size_t unit = 0; unit < units; ++unit) {
          gradient_[bias + unit] += upstream[unit];
          for (size_t i = 0; i < in.values.size(); ++i) {
            gradient_[parameter + i * units + unit] += upstream[unit] * in.values[i];
            gradient.values[i] += upstream[unit] * weights_[parameter + i * units + unit];
          }
        }
        return;
      }
      case train::LayerKind::flatten:
        gradient.values = upstream;
        return;
    }
  }

  const train::Network& network_;
  std::span<const double> weights_;
  std::vector<double>& gradient_;
  std::function<bool(size_t, int)> kept_;
  std::vector<Tensor> tensors_;
  std::vector<size_t> first_parameter_;
};

}  // namespace

Pass run_batch(const train::Network& network, std::span<const double> weights,
               std::span<const Image> batch, const Kept& kept) {
  Pass result;
  result.gradient.assign(weights.size(), 0.0);
  const auto count = static_cast<double>(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    ImagePass pass(network, weights, result.gradient,
                   [&kept, i](size_t layer, int value) { return kept(i, layer, value); });
    const std::vector<double> logits = pass.forward(batch[i]);
    const double largest = *std::max_element(logits.begin(), logits.end());
    double total = 0;
    for (const double logit : logits) total += std::exp(logit - largest);
    const int image_label = batch[i].label;
    const auto label = static_cast<size_t>(image_label);
    result.loss += (std::log(total) - (logits[label] - largest)) / count;
    // The first of equal logits wins.
    const auto chosen = std::max_element(logits.begin(), logits.end()) - logits.begin();
    result.correct += chosen == image_label ? 1 : 0;
    std::vector<double> gradient;
    for (size_t c = 0; c < logits.size(); ++c) {
      const double probability = std::exp(logits[c] - largest) / total;
      gradient.push_back((probability - (c == label ? 1 : 0)) / count);
    }
    pass.backward(gradient);
  }
  return result;
}

}  // namespace sweetspot::reference
