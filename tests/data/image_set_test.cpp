#include "sweetspot/image_set.hpp"

#include <gtest/gtest.h>

#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

ImageSet set_of(std::vector<uint8_t> train_labels, std::vector<uint8_t> test_labels) {
  ImageSet set;
  set.height = 1;
  set.width = 2;
  set.train_pixels.resize(2 * train_labels.size());
  set.test_pixels.resize(2 * test_labels.size());
  set.train_labels = std::move(train_labels);
  set.test_labels = std::move(test_labels);
  return set;
}

std::string refusal(ImageSet set) {
  try {
    checked(std::move(set));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "none";
}

TEST(ImageSet, ItsClassesAreThoseOfItsLabels) {
  EXPECT_EQ(checked(set_of({0, 1, 2}, {2})).classes, 3);
  EXPECT_EQ(checked(set_of({2, 1}, {0})).classes, 3);  // counted from 1
  EXPECT_EQ(checked(set_of({0, 1, 2}, {2})).checksum.size(), 64U);
}

TEST(ImageSet, ADamagedLabelIsNoFurtherClass) {
  EXPECT_EQ(refusal(set_of({0, 1, 200, 2}, {0})).substr(0, 63),
            "training label 2 is 200, but no training image is of class 3; e");
  EXPECT_EQ(refusal(set_of({0, 1}, {0, 2})),
            "test label 1 is 2; the training images have classes 0 to 1");
}

TEST(ImageSet, OneClassIsNothingToLearn) {
  EXPECT_NE(refusal(set_of({0, 0}, {0})).find("at least 2 classes"), std::string::npos);
}

TEST(ImageSet, TooLargeImagesAreRefused) {
  ImageSet set = set_of({0, 1}, {0});
  set.width = 257;
  EXPECT_NE(refusal(set).find("1x257"), std::string::npos);
  set.width = 2;
  set.channels = 65;
  EXPECT_NE(refusal(set).find("65 channels"), std::string::npos);
}

TEST(ImageSet, PixelsAndLabelsThatDoNotMatchAreRefused) {
  ImageSet set = set_of({0, 1}, {0});
  set.test_pixels.pop_back();
  EXPECT_NE(refusal(set).find("test pixels: 1 bytes, where 1 labels"), std::string::npos);
  set = set_of({0, 1}, {0});
  set.train_labels.push_back(1);
  EXPECT_NE(refusal(set).find("training pixels: 4 bytes, where 3 labels"), std::string::npos);
  set.train_labels.clear();
  EXPECT_NE(refusal(set).find("0 training images"), std::string::npos);
}

TEST(ImageSet, TheFirstImagesAreHeldOut) {
  const ImageSet set = set_of(std::vector<uint8_t>(600, 1), {0});
  const Split parts = split(set);
  EXPECT_EQ(parts.validation.labels.size(), 50U);
  EXPECT_EQ(parts.training.labels.size(), 550U);
  EXPECT_EQ(parts.validation.pixels.data(), set.train_pixels.data());
  EXPECT_EQ(parts.training.pixels.data(), set.train_pixels.data() + 50 * 2);
}

}  // namespace
}  // namespace sweetspot::data
