# msw_module(NAME SOURCES... LIBS...): a plugin that mswd loads into itself, NAME.so in the plugin folder.
function(msw_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name}_module MODULE ${ARG_SOURCES})
  target_link_libraries(${name}_module PRIVATE msw_flags msw ${ARG_LIBS})
  set_target_properties(${name}_module PROPERTIES OUTPUT_NAME ${name} PREFIX ""
    LIBRARY_OUTPUT_DIRECTORY ${MSW_PLUGIN_DIR})
  target_link_options(${name}_module PRIVATE -Wl,--exclude-libs,ALL)
  install(TARGETS ${name}_module LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR_MSWD}/plugins)
endfunction()
