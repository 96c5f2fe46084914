# find_package(otnas): headers, static library and CMake package, component "native". In a wheel they
# are under otnas_fast/, where `python -m otnas_fast --cmake-dir` finds them; else where systems want
# them.
include(CMakePackageConfigHelpers)
if(SKBUILD)
  set(otnas_include otnas_fast/include)
  set(otnas_lib otnas_fast/lib)
  set(otnas_cmake otnas_fast/cmake)
else()
  include(GNUInstallDirs)
  set(otnas_include ${CMAKE_INSTALL_INCLUDEDIR})
  set(otnas_lib ${CMAKE_INSTALL_LIBDIR})
  set(otnas_cmake ${CMAKE_INSTALL_LIBDIR}/cmake/otnas)
endif()

set_target_properties(otnas_core PROPERTIES EXPORT_NAME core)
target_include_directories(otnas_core INTERFACE $<INSTALL_INTERFACE:${otnas_include}>)
install(TARGETS otnas_core EXPORT otnas ARCHIVE DESTINATION ${otnas_lib} COMPONENT native)
install(DIRECTORY csrc/include/otnas DESTINATION ${otnas_include} COMPONENT native)
install(EXPORT otnas NAMESPACE otnas:: FILE otnasTargets.cmake DESTINATION ${otnas_cmake}
  COMPONENT native)
configure_package_config_file(cmake/otnasConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/otnasConfig.cmake
  INSTALL_DESTINATION ${otnas_cmake})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/otnasConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/otnasConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/otnasConfigVersion.cmake
  DESTINATION ${otnas_cmake} COMPONENT native)
