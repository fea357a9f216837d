#include "store/postgres/sqlstate.hpp"

#include <gtest/gtest.h>

namespace sweetspot::store {
namespace {

TEST(SqlState, WhatPassesByItselfIsNoFaultOfTheStudys) {
  // Every code of PostgreSQL 15 to 18 whose cause goes without anybody mending our side.
  for (const char* state :
       {"08000", "08001", "08003", "08004", "08006", "08007", "08P01", "25006", "25P03", "25P04",
        "26000", "40003", "57P01", "57P02", "57P03", "57P05"}) {
    EXPECT_EQ(trouble_of(state), SqlTrouble::lost) << state;
  }
  for (const char* state : {"57014", "55P03", "55006"}) {
    EXPECT_EQ(trouble_of(state), SqlTrouble::interrupted) << state;
  }
  for (const char* state : {"53000", "53100", "53200", "53300", "53400", "58000", "58030"}) {
    EXPECT_EQ(trouble_of(state), SqlTrouble::out_of_means) << state;
  }
  for (const char* state : {"40000", "40001", "40P01", "72000"}) {
    EXPECT_EQ(trouble_of(state), SqlTrouble::conflict) << state;
  }
}

TEST(SqlState, WhatStaysIsSaidAsItIs) {
  for (const char* state : {"", "22P02", "23505", "28P01", "3D000", "40002", "42601", "42883",
                            "54000", "XX000", "XX001", "XX002"}) {
    EXPECT_EQ(trouble_of(state), SqlTrouble::lasting) << state;
  }
  EXPECT_EQ(trouble_of("42501"), SqlTrouble::no_right);
  EXPECT_EQ(trouble_of("42P01"), SqlTrouble::other_schema);
}

}  // namespace
}  // namespace sweetspot::store
