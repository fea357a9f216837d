# Installs the build into a folder of its own, moves that, and builds and runs examples/consumer
# against it: by find_package, then by pkg-config. Nothing of the project is built again.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(require_version)
  if(NOT output MATCHES "sweetspot ${VERSION}")
    message(FATAL_ERROR "not sweetspot ${VERSION}:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first)
file(RENAME ${WORK}/first ${WORK}/prefix)

# Public headers stand on their own: plain C++20, each by itself, no warning.
file(GLOB headers RELATIVE ${WORK}/prefix/include ${WORK}/prefix/include/sweetspot/*.hpp)
set(all "")
foreach(header ${headers})
  string(APPEND all "#include <${header}>\n")
  file(WRITE ${WORK}/${header}.cpp "#include <${header}>\n")
endforeach()
file(WRITE ${WORK}/sweetspot/all.cpp "${all}")
file(GLOB units ${WORK}/sweetspot/*.cpp)
foreach(unit ${units})
  run(${CXX} -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Werror
      -I${WORK}/prefix/include ${unit})
endforeach()

run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/consumer -G ${GENERATOR}
    -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}"
    -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/consumer)
run(${WORK}/consumer/consumer)
require_version()

file(GLOB_RECURSE pc ${WORK}/prefix/*.pc)
get_filename_component(pc_folder ${pc} DIRECTORY)
set(ENV{PKG_CONFIG_PATH} ${pc_folder})
run(pkg-config --cflags --libs sweetspot)
separate_arguments(flags UNIX_COMMAND "${output}")
run(${CXX} -std=c++20 ${CXX_FLAGS} ${CONSUMER}/main.cpp ${flags} -o ${WORK}/by_pkg_config)
run(pkg-config --variable=libdir sweetspot)
string(STRIP "${output}" libdir)
set(ENV{LD_LIBRARY_PATH} ${libdir})
run(${WORK}/by_pkg_config)
require_version()

run(${WORK}/prefix/bin/sweetspot --version)

# What the library shows is the project's own.
file(GLOB library ${libdir}/libsweetspot.so.${VERSION})
run(nm --dynamic --defined-only --demangle --extern-only ${library})
string(REGEX MATCHALL "[^\n]+" symbols "${output}")
foreach(symbol ${symbols})
  if(NOT symbol MATCHES "sweetspot::" OR symbol MATCHES
                                         "sweetspot::(base|cli|models|report|run|search|store)::")
    message(FATAL_ERROR "the library shows ${symbol}")
  endif()
endforeach()
