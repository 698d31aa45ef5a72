# What `make install` gives: the binary, libganglion.so with its public headers, and a CMake package,
# so that a user writes find_package(ganglion) and links ganglion::ganglion.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(ganglion_shared SHARED
  $<TARGET_OBJECTS:ganglion_objects> $<TARGET_OBJECTS:ganglion_cold_objects>)
add_library(ganglion::ganglion ALIAS ganglion_shared)
set_target_properties(ganglion_shared PROPERTIES
  OUTPUT_NAME ganglion EXPORT_NAME ganglion VERSION ${PROJECT_VERSION} SOVERSION 0)
target_link_libraries(ganglion_shared PRIVATE ganglion_options ganglion_dependencies)
target_compile_features(ganglion_shared INTERFACE cxx_std_20)
target_include_directories(ganglion_shared INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ganglion)
install(TARGETS ganglion RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ganglion_shared EXPORT ganglionTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ganglion DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT ganglionTargets NAMESPACE ganglion:: DESTINATION ${package_dir}
        FILE ganglionConfig.cmake)
write_basic_package_version_file(ganglionConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ganglionConfigVersion.cmake DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(GANGLION_TESTS AND NOT CMAKE_CROSSCOMPILING AND NOT GANGLION_SANITIZE)
  add_test(NAME install COMMAND ${PROJECT_SOURCE_DIR}/tests/install/run.sh
           ${CMAKE_BINARY_DIR} ${PROJECT_SOURCE_DIR})
endif()
