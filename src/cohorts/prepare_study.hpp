// What stands in a store before a study of networks trains. Thread-safety: as the store.
#pragma once

#include <string>

#include "store/study_store.hpp"
#include "study/settings.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::cohorts {

// Throws Error (study) where a study was made with other data.
void require_same_data(const store::StudyRecord& kept, const std::string& checksum);

// Creates the study or extends it: writes the record and the trials that are missing. Throws Error
// (study) that names the first field in which the settings differ.
void prepare_study(store::StudyStore& store, const study::Settings& settings,
                   const data::ImageSet& set);

}  // namespace sweetspot::cohorts
