#include "store/postgres/credentials.hpp"

#include <gtest/gtest.h>

namespace sweetspot::store {
namespace {

TEST(Credentials, AConnectionStringIsKnown) {
  for (const char* text :
       {"host=db user=tuner password=x", "password = 'x y'", " dbname=tuning", "PASSWORD=x",
        "postgresql:/u:x@h/d", "postgres:u:x@h", "Postgresql:x", "connect_timeout=3\thost=h",
        "application_name='a' password='b://'", "user='a'password='b'"}) {
    EXPECT_TRUE(is_connection_string(text)) << text;
  }
  for (const char* text : {"sweep.db", "./password=x", "runs/host=3.db", "lr=0.1.db", "ghost=1",
                           "a=b", "", "=", "postgresql://tuner@db/tuning", "my postgres:db"}) {
    EXPECT_FALSE(is_connection_string(text)) << text;
  }
}

}  // namespace
}  // namespace sweetspot::store
