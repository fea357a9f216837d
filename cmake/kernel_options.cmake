# How the trainer's kernels are compiled, in the trainer and in their benchmark. Measured
# (docs/notes/performance.md): the kernels are vectors already; g++'s induction-variable pass spends the
# registers that addresses need, predictive commoning those of the sums, to save loads that cost
# nothing; and its register allocator, loop by loop, keeps a sum in memory while half of the
# registers are free.
set(SWEETSPOT_KERNEL_OPTIONS -O3 -fno-tree-vectorize)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND SWEETSPOT_KERNEL_OPTIONS -fno-ivopts -fno-predictive-commoning -fira-region=all)
endif()
if(SWEETSPOT_SANITIZE)
  # What sanitizers add to unrolled kernels takes minutes to optimize; half of it asks of each access
  # whether its pointer is null, which the processor tells as well.
  set(SWEETSPOT_KERNEL_OPTIONS -O1 -fno-sanitize=null,alignment)
endif()
# Scheduled for processors that have AVX-512: g++ otherwise assumes older ones. The benchmark has both
# kinds in one file and goes without.
set(SWEETSPOT_KERNEL_OPTIONS_16 ${SWEETSPOT_KERNEL_OPTIONS} -mtune=icelake-server)
