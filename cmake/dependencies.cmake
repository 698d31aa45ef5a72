# Everything comes from the distribution (scripts/setup.sh installs it). Boost is used header-only:
# its compiled parts (JSON, URL) are built once in src/text/boost_impl.cc.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_path(GANGLION_BOOST_INCLUDE boost/url/src.hpp REQUIRED
          DOC "Boost 1.81 or newer (headers)")

add_library(ganglion_dependencies INTERFACE)
target_include_directories(ganglion_dependencies SYSTEM INTERFACE ${GANGLION_BOOST_INCLUDE})
target_compile_definitions(ganglion_dependencies INTERFACE
  BOOST_ALL_NO_LIB BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(ganglion_dependencies INTERFACE
  Threads::Threads OpenSSL::SSL OpenSSL::Crypto SQLite::SQLite3 yaml-cpp fmt::fmt CLI11::CLI11
  ICU::uc ICU::i18n)
