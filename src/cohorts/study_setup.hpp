// What a study's settings ask of the trainer: its networks, images and what its cohorts look at.
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "study/settings.hpp"
#include "sweetspot/image_set.hpp"
#include "sweetspot/network.hpp"
#include "train/cohort.hpp"
#include "train/images.hpp"

namespace sweetspot::cohorts {

// The network that settings ask for, on images of `set`; `scale` times the filters of a named one.
train::Network network_of(const study::Settings& settings, const data::ImageSet& set,
                          double scale = 1);

// The proxy that settings of a search name, with images as its own.
train::Network proxy_of(const study::Settings& settings, const data::ImageSet& set);

// The scales of a size study that differ in their network, ascending: of those that round to the
// same filters the one that the study had first.
std::vector<double> distinct_scales(const study::Settings& settings, const data::ImageSet& set);

// What a study's cohorts look at, and when; the images and the network's number are not in it.
train::CohortOptions cohort_options(const study::Settings& settings);

// The images that its trials' validation accuracy is taken on; none where it is not taken.
std::optional<train::Images> validation_images(const study::Settings& settings,
                                               const data::ImageSet& set,
                                               const train::Network& network);

// Throws Error (usage) for settings that cannot be trained: unknown names with the nearest known
// one, a budget or check of 0, a batch larger than the data.
void require_trainable(const study::Settings& settings, const data::ImageSet& set);

// The most values that an optimizer of the study keeps for each weight.
int optimizer_slots(const study::Settings& settings);

}  // namespace sweetspot::cohorts
