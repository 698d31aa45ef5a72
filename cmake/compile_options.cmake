# One binary for every x86-64-v2 machine and up: only the kernels in src/kernels/<isa>/ are compiled
# for more, and src/kernels/dispatch.cc chooses among them at run time.
add_library(ganglion_options INTERFACE)
target_compile_options(ganglion_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  # False alarms on std::string (GCC bugs 105651 and 105329).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
  -fno-math-errno -ffp-contract=off -fstack-protector-strong)
target_compile_definitions(ganglion_options INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(ganglion_options INTERFACE -march=x86-64-v2)
endif()
if(GANGLION_SANITIZE)
  target_compile_options(ganglion_options INTERFACE
    -fsanitize=${GANGLION_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  target_link_options(ganglion_options INTERFACE -fsanitize=${GANGLION_SANITIZE})
endif()

set(GANGLION_AVX2_FLAGS -mavx2 -mfma -mf16c)
set(GANGLION_AVX512_FLAGS -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni)
